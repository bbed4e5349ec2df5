package dev.millrace.cli.report;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * How far a run is.
 *
 * @param done outcomes seen so far
 * @param total outcomes to come in all
 * @param tokens completion tokens of the outcomes seen so far
 * @param elapsed since the first prompt was sent
 * @param before of those done, what an earlier run had done, which took none of that time
 */
public record Progress(int done, int total, long tokens, Duration elapsed, int before) {
  private static final int BAR_WIDTH = 24;

  public Progress {
    requireNonNull(elapsed, "elapsed");
    if (total < 1 || before < 0 || done < before || done > total) {
      throw new IllegalArgumentException(
          "progress %d of %d, %d before".formatted(done, total, before));
    }
  }

  public Progress(int done, int total, long tokens, Duration elapsed) {
    this(done, total, tokens, elapsed, 0);
  }

  /** Completion tokens per second since the first prompt was sent; 0 before any time has passed. */
  public double tokensPerSecond() {
    return elapsed.isZero() ? 0 : tokens * 1e9 / elapsed.toNanos();
  }

  /** The time left if the rest goes as the part done did; empty while nothing more is done. */
  public Optional<Duration> remaining() {
    return done == before
        ? Optional.empty()
        : Optional.of(elapsed.multipliedBy(total - done).dividedBy(done - before));
  }

  /** One line: bar, count, tokens per second, time left. */
  public String line() {
    return String.format(
        Locale.ROOT,
        "[%s] %d/%d  %.0f tok/s  ETA %s",
        bar(),
        done,
        total,
        tokensPerSecond(),
        remaining().map(Progress::clock).orElse("-:--"));
  }

  private String bar() {
    int filled = BAR_WIDTH * done / total;
    return "#".repeat(filled) + ".".repeat(BAR_WIDTH - filled);
  }

  private static String clock(Duration time) {
    // Rounded up: a run that still has work left never says 0:00.
    long seconds = time.plusNanos(999_999_999).toSeconds();
    return seconds < 3600
        ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
        : String.format(
            Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
}
