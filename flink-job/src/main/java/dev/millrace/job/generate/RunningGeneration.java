package dev.millrace.job.generate;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.Generation;
import dev.millrace.job.record.InFlightGeneration;
import dev.millrace.schema.GuardReport;
import java.util.Optional;

/**
 * A generation in the engine, or one that waits for an equal one.
 *
 * @param submittedAt when it was given to the engine, in epoch milliseconds
 * @param resultKey what its result is shared by; empty: it is not shared
 */
record RunningGeneration(
    InFlightGeneration inFlight,
    Generation generation,
    long submittedAt,
    Optional<String> resultKey)
    implements Running {
  RunningGeneration {
    requireNonNull(inFlight, "inFlight");
    requireNonNull(generation, "generation");
    requireNonNull(resultKey, "resultKey");
  }

  /** What its guard found; empty: it has none. */
  Optional<GuardReport> guardReport() {
    return generation instanceof GuardedGeneration guarded
        ? Optional.of(guarded.report())
        : Optional.empty();
  }

  @Override
  public void cancel() {
    generation.cancel();
  }

  /** What a checkpoint at time {@code now} keeps of it. */
  InFlightGeneration snapshot(long now) {
    return inFlight.at(now, generation.progress());
  }
}
