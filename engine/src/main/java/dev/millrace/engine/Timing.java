package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Where the time of one request went, in this engine and this attempt.
 *
 * @param queued from submission until the KV cache had room
 * @param toFirstToken from submission to the first token of this attempt
 * @param total from submission to the end
 * @param meanBatchSize sequences that shared a step with it, itself included, averaged over steps
 */
public record Timing(Duration queued, Duration toFirstToken, Duration total, double meanBatchSize) {
  public Timing {
    requireNonNull(queued);
    requireNonNull(toFirstToken);
    requireNonNull(total);
  }
}
