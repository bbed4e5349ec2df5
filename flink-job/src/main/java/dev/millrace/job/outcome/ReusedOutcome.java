package dev.millrace.job.outcome;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.record.PromptRecord;

/**
 * The moments of a request that was answered with another's result, in epoch milliseconds.
 *
 * @param emittedAt when its outcome is emitted
 */
record ReusedOutcome(PromptRecord origin, long emittedAt) {
  ReusedOutcome {
    requireNonNull(origin, "origin");
  }

  double timeInTopicMillis() {
    return Math.max(0, origin.readAt() - timestamp());
  }

  /** All the time in the job: nothing was computed. */
  double timeInQueueMillis() {
    return Math.max(0, emittedAt - origin.readAt());
  }

  double totalMillis() {
    return Math.max(0, emittedAt - timestamp());
  }

  private long timestamp() {
    return origin.timestamp().orElse(origin.readAt());
  }
}
