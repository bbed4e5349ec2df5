package dev.millrace.cli.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.UncheckedIOException;
import java.time.Duration;

/**
 * The figures of one demo run; its components are the fields of {@code demo --json}.
 *
 * @param prompts prompts sent
 * @param completions completions that a read_committed consumer saw
 * @param deadLetters dead letters that it saw
 * @param latencyRecords latency records that it saw
 * @param tokensPerSecond completion tokens over the elapsed time
 * @param elapsedSeconds from the first prompt sent until the last outcome was visible
 */
public record DemoReport(
    int prompts,
    int completions,
    int deadLetters,
    int latencyRecords,
    double tokensPerSecond,
    double elapsedSeconds) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Sums up a run that took {@code elapsed}. */
  public static DemoReport of(OutcomeTally tally, Duration elapsed) {
    double seconds = elapsed.toNanos() / 1e9;
    return new DemoReport(
        tally.prompts(),
        tally.completions(),
        tally.deadLetters(),
        tally.latencyRecords(),
        seconds == 0 ? 0 : round(tally.completionTokens() / seconds),
        round(seconds));
  }

  /** One JSON object on one line. */
  public String toJson() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static double round(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}
