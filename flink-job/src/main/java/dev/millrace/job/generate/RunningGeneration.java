package dev.millrace.job.generate;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.Generation;
import dev.millrace.job.record.InFlightGeneration;

/**
 * A generation in the engine.
 *
 * @param submittedAt when it was given to the engine, in epoch milliseconds
 */
record RunningGeneration(InFlightGeneration inFlight, Generation generation, long submittedAt) {
  RunningGeneration {
    requireNonNull(inFlight, "inFlight");
    requireNonNull(generation, "generation");
  }

  /** What a checkpoint at time {@code now} keeps of it. */
  InFlightGeneration snapshot(long now) {
    return inFlight.at(now, generation.tokens());
  }
}
