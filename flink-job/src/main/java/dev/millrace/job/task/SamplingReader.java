package dev.millrace.job.task;

import dev.millrace.job.task.yaml.NumberRange;
import dev.millrace.job.task.yaml.YamlObject;
import java.util.List;
import java.util.Optional;

/** Reads {@code sampling}, with the names and ranges that requests have. */
final class SamplingReader {
  private static final NumberRange NOT_NEGATIVE = new NumberRange("0 or greater", x -> x >= 0);
  private static final NumberRange POSITIVE = new NumberRange("greater than 0", x -> x > 0);
  private static final NumberRange SHARE = new NumberRange("within 0 and 1", x -> x >= 0 && x <= 1);
  private static final NumberRange TOP_P =
      new NumberRange("greater than 0 and at most 1", x -> x > 0 && x <= 1);
  private static final NumberRange PENALTY =
      new NumberRange("within -2 and 2", x -> Math.abs(x) <= 2);

  private static final TaskSampling UNSAID =
      new TaskSampling(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          List.of());

  private SamplingReader() {}

  static TaskSampling read(Optional<YamlObject> section) {
    if (section.isEmpty()) {
      return UNSAID;
    }
    YamlObject yaml = section.get();
    TaskSampling sampling =
        new TaskSampling(
            yaml.integer("max_tokens", 1, Integer.MAX_VALUE),
            yaml.number("temperature", NOT_NEGATIVE),
            yaml.number("top_p", TOP_P),
            yaml.integer("top_k", 0, Integer.MAX_VALUE),
            yaml.number("min_p", SHARE),
            yaml.number("repetition_penalty", POSITIVE),
            yaml.number("presence_penalty", PENALTY),
            yaml.number("frequency_penalty", PENALTY),
            yaml.wholeNumber("seed"),
            yaml.integer("logprobs", 0, 20),
            yaml.texts("stop"));
    if (sampling.stop().contains("")) {
      yaml.mistake("stop", "contains an empty text, which would stop every answer: remove it");
    }
    yaml.end();
    return sampling;
  }
}
