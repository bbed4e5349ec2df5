package dev.millrace.job.outcome;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.Completion;
import dev.millrace.job.record.InFlightGeneration;
import dev.millrace.schema.GuardReport;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A finished generation with the moments of its way, in epoch milliseconds.
 *
 * @param submittedAt when the last attempt was given to the engine
 * @param emittedAt when its outcome is emitted
 * @param guard what its guard found; empty: it has none
 */
public record CompletionOutcome(
    InFlightGeneration generation,
    Completion completion,
    long submittedAt,
    long emittedAt,
    Optional<GuardReport> guard) {
  private static final double NANOS_PER_MILLI = 1e6;

  public CompletionOutcome {
    requireNonNull(generation, "generation");
    requireNonNull(completion, "completion");
    requireNonNull(guard, "guard");
  }

  /** Without a guard. */
  public CompletionOutcome(
      InFlightGeneration generation, Completion completion, long submittedAt, long emittedAt) {
    this(generation, completion, submittedAt, emittedAt, Optional.empty());
  }

  double timeInTopicMillis() {
    return Math.max(0, readAt() - timestamp());
  }

  double timeInQueueMillis() {
    return Math.max(0, submittedAt - readAt())
        + completion.timing().queued().toNanos() / NANOS_PER_MILLI;
  }

  double timeToFirstTokenMillis() {
    OptionalLong earlier = generation.firstTokenBy();
    if (earlier.isPresent()) {
      return Math.max(0, earlier.getAsLong() - readAt());
    }
    return Math.max(0, submittedAt - readAt())
        + completion.timing().toFirstToken().toNanos() / NANOS_PER_MILLI;
  }

  double timePerOutputTokenMillis() {
    int intervals = generatedTokens() - 1;
    if (intervals < 1) {
      return 0;
    }
    long nanos = completion.timing().total().minus(completion.timing().toFirstToken()).toNanos();
    return Math.max(0, nanos) / NANOS_PER_MILLI / intervals;
  }

  double totalMillis() {
    return Math.max(0, emittedAt - timestamp());
  }

  double tokensPerSecond() {
    long nanos = completion.timing().total().minus(completion.timing().queued()).toNanos();
    return nanos <= 0 ? 0 : generatedTokens() * 1e9 / nanos;
  }

  /** Tokens of the last attempt alone. */
  private int generatedTokens() {
    return completion.usage().completionTokens() - completion.usage().resumedTokens();
  }

  private long readAt() {
    return generation.task().origin().readAt();
  }

  /** A record without a timestamp is as old as its reading. */
  private long timestamp() {
    return generation.task().origin().timestamp().orElse(readAt());
  }
}
