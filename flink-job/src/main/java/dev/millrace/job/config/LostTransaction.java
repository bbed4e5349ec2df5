package dev.millrace.job.config;

import java.util.Locale;

/** What the job does when the broker has aborted a transaction that Flink counts on. */
public enum LostTransaction {
  /** Fails for good, so that nothing is lost silently. */
  FAIL,
  /** Logs and counts it, and goes on without its records. */
  CONTINUE;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
