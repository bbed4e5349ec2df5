package dev.millrace.job.task;

import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.task.yaml.Mistake;
import java.util.List;
import java.util.stream.Collectors;

/** Task files a job cannot start with. The message names every mistake with its line and key. */
public final class TaskFileException extends ConfigurationException {
  private static final long serialVersionUID = 1L;

  private final transient List<Mistake> mistakes;

  TaskFileException(List<Mistake> mistakes) {
    super(
        mistakes.stream()
            .map(mistake -> "\n  " + mistake)
            .collect(Collectors.joining("", heading(mistakes.size()), "")));
    this.mistakes = List.copyOf(mistakes);
  }

  /** What is wrong, file by file, in the order of the lines. */
  public List<Mistake> mistakes() {
    return mistakes;
  }

  private static String heading(int count) {
    return "the tasks have %d mistake%s:".formatted(count, count == 1 ? "" : "s");
  }
}
