package dev.millrace.it.chaos;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Watches how many tokens a cluster generates within an interval. */
final class TokenRate implements AutoCloseable {
  private static final int SAMPLES = 20;

  private final GeneratedTokens tokens;
  private final Deque<Long> window = new ArrayDeque<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "token-rate");
            thread.setDaemon(true);
            return thread;
          });
  private volatile long most;

  TokenRate(GeneratedTokens tokens, Duration interval) {
    this.tokens = tokens;
    long period = interval.toMillis() / SAMPLES;
    var unused = timer.scheduleAtFixedRate(this::sample, period, period, TimeUnit.MILLISECONDS);
  }

  /** The most in any one interval so far. */
  long most() {
    return most;
  }

  private void sample() {
    long now = tokens.total();
    window.addLast(now);
    if (window.size() > SAMPLES) {
      most = Math.max(most, now - window.removeFirst());
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
