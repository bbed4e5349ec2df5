package dev.millrace.job.record;

/** The topics the job writes to, by role. */
public enum OutputTopic {
  COMPLETIONS(0),
  LATENCY(1),
  DEAD_LETTERS(2),
  /** A topic that a task names. */
  OF_TASK(3);

  private final int code;

  OutputTopic(int code) {
    this.code = code;
  }

  /** What stands for it in checkpoints; never changes. */
  public int code() {
    return code;
  }

  /**
   * @throws IllegalArgumentException if no topic has the code
   */
  public static OutputTopic ofCode(int code) {
    for (OutputTopic topic : values()) {
      if (topic.code == code) {
        return topic;
      }
    }
    throw new IllegalArgumentException("no output topic has the code " + code);
  }
}
