package dev.millrace.job.record;

import static java.util.Objects.requireNonNull;

/** A prompt that cannot be answered, with its dead letter. */
public record Refusal(OutputRecord deadLetter) implements Prepared {
  public Refusal {
    requireNonNull(deadLetter, "deadLetter");
    if (deadLetter.topic() != OutputTopic.DEAD_LETTERS) {
      throw new IllegalArgumentException(
          "a refusal goes to the dead letters, not to " + deadLetter.topic());
    }
  }
}
