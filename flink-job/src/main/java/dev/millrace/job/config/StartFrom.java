package dev.millrace.job.config;

/** Where a job without a checkpoint starts to read its prompts. */
public enum StartFrom {
  /** At the consumer group's committed offsets; where there is none, at the earliest record. */
  COMMITTED,
  EARLIEST,
  LATEST;

  @Override
  public String toString() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
