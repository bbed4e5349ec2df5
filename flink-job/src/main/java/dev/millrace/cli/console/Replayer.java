package dev.millrace.cli.console;

import dev.millrace.schema.ErrorCode;

/** Sends prompts in dead letters again. */
@FunctionalInterface
public interface Replayer {
  /**
   * What became of the letters read.
   *
   * @param sent went back to their topics
   * @param passedOver had been sent too often already, or have another code
   */
  record Replayed(long sent, long passedOver) {}

  /** Sends the prompts in new dead letters with a code. Called by one thread at a time. */
  Replayed replay(ErrorCode code);
}
