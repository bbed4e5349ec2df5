package dev.millrace.job.config;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.record.OutputTopic;
import java.io.Serializable;
import java.util.List;
import java.util.Set;

/** The names of the job's topics; all different. */
public record Topics(String prompts, String completions, String latency, String deadLetters)
    implements Serializable {
  public Topics {
    requireNonNull(prompts, "prompts");
    requireNonNull(completions, "completions");
    requireNonNull(latency, "latency");
    requireNonNull(deadLetters, "deadLetters");
    List<String> names = List.of(prompts, completions, latency, deadLetters);
    if (Set.copyOf(names).size() < names.size()) {
      throw new ConfigurationException(
          "millrace.topics.*: the topics " + names + " must all be different");
    }
  }

  /** The name of the topic in a role. */
  public String name(OutputTopic topic) {
    return switch (topic) {
      case COMPLETIONS -> completions;
      case LATENCY -> latency;
      case DEAD_LETTERS -> deadLetters;
      case OF_TASK -> throw new IllegalArgumentException("the task names its topic");
    };
  }
}
