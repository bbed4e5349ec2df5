package dev.millrace.cli.report;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.EngineListener;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Shows how much of a model is loaded: on a terminal as one line that is rewritten, elsewhere as a
 * line now and then. A model that is there at once shows nothing. Safe for use by many threads.
 */
public final class LoadDisplay implements EngineListener {
  private static final long PATIENCE = Duration.ofSeconds(1).toNanos();
  private static final long LINE_INTERVAL = Duration.ofSeconds(5).toNanos();
  private static final String REWRITE_LINE = "\r\u001b[2K";
  private static final double GIGA = 1e9;

  private final PrintWriter out;
  private final boolean terminal;
  private final LongSupplier clock;
  private long start;
  private long nextLine;
  private boolean shown;

  /**
   * @param terminal whether the stream understands carriage returns
   */
  public LoadDisplay(PrintWriter out, boolean terminal) {
    this(out, terminal, System::nanoTime);
  }

  LoadDisplay(PrintWriter out, boolean terminal, LongSupplier clock) {
    this.out = requireNonNull(out, "out");
    this.terminal = terminal;
    this.clock = requireNonNull(clock, "clock");
  }

  @Override
  public synchronized void loaded(long bytes, long total) {
    long now = clock.getAsLong();
    boolean done = bytes == total;
    if (bytes == 0) {
      start = now;
      nextLine = now + PATIENCE;
      shown = false;
    }
    boolean due = now >= start + PATIENCE && (terminal || now >= nextLine);
    if (done ? !shown : !due) {
      return;
    }
    shown = true;
    nextLine = now + LINE_INTERVAL;
    String line =
        String.format(
            Locale.ROOT,
            "  loading the model: %.1f of %.1f GB, %.0f s",
            bytes / GIGA,
            total / GIGA,
            (now - start) / GIGA);
    out.print((terminal ? REWRITE_LINE : "") + line + (terminal && !done ? "" : "\n"));
    out.flush();
  }
}
