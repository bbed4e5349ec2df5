package dev.millrace.engine.scheduler;

import dev.millrace.engine.Timing;
import java.time.Duration;

/** When the milestones of one sequence happened. Written by the engine thread. */
public final class StepClock {
  private static final long NOT_YET = Long.MIN_VALUE;

  private final long submitted = System.nanoTime();
  private long admitted = NOT_YET;
  private long firstToken = NOT_YET;
  private long steps;
  private long batchSizes;

  void admitted() {
    admitted = System.nanoTime();
  }

  void tokenSampled() {
    if (firstToken == NOT_YET) {
      firstToken = System.nanoTime();
    }
  }

  void stepped(int batchSize) {
    steps++;
    batchSizes += batchSize;
  }

  /** The timing if the sequence ends now; milestones it never reached count as now. */
  public Timing timing() {
    long now = System.nanoTime();
    return new Timing(
        since(admitted == NOT_YET ? now : admitted),
        since(firstToken == NOT_YET ? now : firstToken),
        since(now),
        steps == 0 ? 0 : (double) batchSizes / steps);
  }

  private Duration since(long nanoTime) {
    return Duration.ofNanos(nanoTime - submitted);
  }
}
