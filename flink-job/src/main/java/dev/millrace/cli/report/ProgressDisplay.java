package dev.millrace.cli.report;

import static java.util.Objects.requireNonNull;

import java.io.PrintWriter;
import java.time.Duration;

/**
 * Shows {@link Progress} on a stream: on a terminal as one line that is rewritten, elsewhere as a
 * line now and then, so that a log file stays readable. Not safe for use by several threads.
 */
public final class ProgressDisplay {
  private static final Duration LINE_INTERVAL = Duration.ofSeconds(5);
  private static final String REWRITE_LINE = "\r\u001b[2K";

  private final PrintWriter out;
  private final boolean terminal;
  private Duration lastLine = LINE_INTERVAL.negated();
  private int lastDone = -1;

  /**
   * @param terminal whether the stream understands carriage returns
   */
  public ProgressDisplay(PrintWriter out, boolean terminal) {
    this.out = requireNonNull(out, "out");
    this.terminal = terminal;
  }

  /** Shows where the run is now. */
  public void show(Progress progress) {
    if (terminal) {
      out.print(REWRITE_LINE + "  " + progress.line());
    } else if (isDue(progress)) {
      lastLine = progress.elapsed();
      lastDone = progress.done();
      out.println("  " + progress.line());
    }
    out.flush();
  }

  /** Leaves the line as it is; what is printed next starts on a new one. */
  public void end() {
    if (terminal) {
      out.println();
      out.flush();
    }
  }

  private boolean isDue(Progress progress) {
    boolean finished = progress.done() == progress.total();
    boolean moved = progress.done() != lastDone;
    return moved && (finished || progress.elapsed().minus(lastLine).compareTo(LINE_INTERVAL) >= 0);
  }
}
