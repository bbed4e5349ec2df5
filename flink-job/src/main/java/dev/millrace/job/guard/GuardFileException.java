package dev.millrace.job.guard;

import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.task.yaml.Mistake;
import java.util.List;
import java.util.stream.Collectors;

/** A guard file a job cannot start with. The message names every mistake with its line and key. */
public final class GuardFileException extends ConfigurationException {
  private static final long serialVersionUID = 1L;

  GuardFileException(List<Mistake> mistakes) {
    super(
        mistakes.stream()
            .map(mistake -> "\n  " + mistake)
            .collect(
                Collectors.joining(
                    "",
                    "the guards have %d mistake%s:"
                        .formatted(mistakes.size(), mistakes.size() == 1 ? "" : "s"),
                    "")));
  }
}
