package dev.millrace.cli.console;

import dev.millrace.schema.GenerationLatency;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The latest latency records: those of the last minute, and of these at most a few thousand. Not
 * safe for use by several threads.
 */
final class LatencyWindow {
  private static final long WINDOW_MS = 60_000;
  private static final int MOST = 4_000;
  private static final List<Double> PERCENTILES = List.of(0.5, 0.95, 0.99);

  /** Milliseconds of one completion. */
  record Times(long at, double firstToken, double perToken, double total) {}

  private final Deque<Times> times = new ArrayDeque<>();

  void add(long now, GenerationLatency latency) {
    if (times.size() == MOST) {
      times.removeFirst();
    }
    times.addLast(
        new Times(
            now,
            latency.getTimeToFirstTokenMs(),
            latency.getTimePerOutputTokenMs(),
            latency.getTotalMs()));
  }

  void forgetBefore(long now) {
    while (!times.isEmpty() && now - times.getFirst().at() > WINDOW_MS) {
      times.removeFirst();
    }
  }

  /** The percentiles 50, 95 and 99 of the values above 0; empty if there are none. */
  List<Double> percentiles(ToDoubleFunction<Times> part) {
    double[] values =
        times.stream().mapToDouble(part).filter(value -> value > 0).sorted().toArray();
    return values.length == 0
        ? List.of()
        : PERCENTILES.stream().map(share -> atShare(values, share)).toList();
  }

  private static double atShare(double[] sorted, double share) {
    return sorted[(int) Math.ceil(share * sorted.length) - 1];
  }
}
