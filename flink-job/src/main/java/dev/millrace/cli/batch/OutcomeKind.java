package dev.millrace.cli.batch;

import dev.millrace.job.record.OutputTopic;

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

  static OutcomeKind of(OutputTopic topic) {
    return switch (topic) {
      case COMPLETIONS -> COMPLETION;
      case LATENCY -> LATENCY;
      case DEAD_LETTERS -> DEAD_LETTER;
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
