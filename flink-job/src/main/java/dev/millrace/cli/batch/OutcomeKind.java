package dev.millrace.cli.batch;

import dev.millrace.job.record.OutputTopic;
import java.util.Optional;

/** What a line of an outcome file holds. */
enum OutcomeKind {
  COMPLETION('C'),
  LATENCY('L'),
  DEAD_LETTER('D');

  private final char letter;

  OutcomeKind(char letter) {
    this.letter = letter;
  }

  char letter() {
    return letter;
  }

  /** Empty for what a task publishes besides its completions: the rows have it all. */
  static Optional<OutcomeKind> of(OutputTopic topic) {
    return switch (topic) {
      case COMPLETIONS -> Optional.of(COMPLETION);
      case LATENCY -> Optional.of(LATENCY);
      case DEAD_LETTERS -> Optional.of(DEAD_LETTER);
      case OF_TASK -> Optional.empty();
    };
  }

  /**
   * @throws IllegalArgumentException if no kind has the letter
   */
  static OutcomeKind ofLetter(char letter) {
    for (OutcomeKind kind : values()) {
      if (kind.letter == letter) {
        return kind;
      }
    }
    throw new IllegalArgumentException("no kind of outcome has the letter '" + letter + "'");
  }
}
