package dev.millrace.it.chaos;

import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;

/** Waits for conditions. */
final class Waiting {
  private static final long POLL_MILLIS = 100;

  private Waiting() {}

  /**
   * @throws AssertionError naming {@code what} if it does not become true in time
   */
  static void until(String what, Duration patience, BooleanSupplier condition) {
    Instant end = Instant.now().plus(patience);
    while (!condition.getAsBoolean()) {
      if (Instant.now().isAfter(end)) {
        throw new AssertionError("not within " + patience + ": " + what);
      }
      pause(Duration.ofMillis(POLL_MILLIS));
    }
  }

  static void pause(Duration duration) {
    try {
      Thread.sleep(duration.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
