package dev.millrace.cli.report;

import dev.millrace.schema.GenerationLatency;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** Percentiles of the latency records of a run. Not safe for use by several threads. */
public final class LatencySummary {
  /** The parts of a completion's time that are summarised. */
  public enum Part {
    TIME_IN_TOPIC("time in the topic"),
    TIME_IN_QUEUE("time in the queue"),
    TIME_TO_FIRST_TOKEN("time to first token"),
    TIME_PER_OUTPUT_TOKEN("time per output token"),
    TOTAL("total");

    private final String label;

    Part(String label) {
      this.label = label;
    }

    /** Its name for a person. */
    public String label() {
      return label;
    }

    private double milliseconds(GenerationLatency latency) {
      return switch (this) {
        case TIME_IN_TOPIC -> latency.getTimeInTopicMs();
        case TIME_IN_QUEUE -> latency.getTimeInQueueMs();
        case TIME_TO_FIRST_TOKEN -> latency.getTimeToFirstTokenMs();
        case TIME_PER_OUTPUT_TOKEN -> latency.getTimePerOutputTokenMs();
        case TOTAL -> latency.getTotalMs();
      };
    }
  }

  private static final double MICROS_PER_MILLI = 1000;
  private static final int SIGNIFICANT_DIGITS = 3;

  private final Map<Part, Histogram> microseconds = new EnumMap<>(Part.class);

  public LatencySummary() {
    for (Part part : Part.values()) {
      microseconds.put(part, new Histogram(SIGNIFICANT_DIGITS));
    }
  }

  /** Takes one latency record into account. A clock that ran backwards counts as no time. */
  public void add(GenerationLatency latency) {
    microseconds.forEach(
        (part, histogram) ->
            histogram.recordValue(
                Math.max(0, Math.round(part.milliseconds(latency) * MICROS_PER_MILLI))));
  }

  /** How many records were added. */
  public long count() {
    return microseconds.get(Part.TOTAL).getTotalCount();
  }

  /**
   * A percentile in milliseconds, within 0.1 % of the exact one; 0 if no record was added.
   *
   * @param percentile from 0 to 100
   */
  public double percentile(Part part, double percentile) {
    return microseconds.get(part).getValueAtPercentile(percentile) / MICROS_PER_MILLI;
  }

  /** A table of percentiles, one line a part. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(row("milliseconds", "p50", "p90", "p99", "max"));
    for (Part part : Part.values()) {
      lines.add(row(part.label, cell(part, 50), cell(part, 90), cell(part, 99), cell(part, 100)));
    }
    return lines;
  }

  private String cell(Part part, double percentile) {
    double value = percentile(part, percentile);
    return String.format(Locale.ROOT, value < 100 ? "%.1f" : "%.0f", value);
  }

  private static String row(String label, String p50, String p90, String p99, String max) {
    return String.format(Locale.ROOT, "%-22s %9s %9s %9s %9s", label, p50, p90, p99, max);
  }
}
