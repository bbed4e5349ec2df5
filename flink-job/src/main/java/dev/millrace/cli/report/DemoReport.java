package dev.millrace.cli.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.millrace.cli.report.AnswerScores.Measure;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.OptionalDouble;

/**
 * The figures of one demo run; its components are the fields of {@code demo --json}.
 *
 * @param prompts prompts sent
 * @param completions completions that a read_committed consumer saw
 * @param deadLetters dead letters that it saw
 * @param latencyRecords latency records that it saw
 * @param tokensPerSecond completion tokens over the elapsed time
 * @param elapsedSeconds from the first prompt sent until the last outcome was visible
 * @param labelAccuracy labels that are right, of documents whose label is known; absent without any
 * @param enrichValid enrichments that are a JSON object, likewise
 * @param enrichExact enrichments with every field right, likewise
 * @param summaryFactRecall key facts that the summaries name, likewise
 * @param summaryNumbersFaithful summaries without a number that the document does not have,
 *     likewise
 */
@JsonInclude(JsonInclude.Include.NON_ABSENT)
public record DemoReport(
    int prompts,
    int completions,
    int deadLetters,
    int latencyRecords,
    double tokensPerSecond,
    double elapsedSeconds,
    OptionalDouble labelAccuracy,
    OptionalDouble enrichValid,
    OptionalDouble enrichExact,
    OptionalDouble summaryFactRecall,
    OptionalDouble summaryNumbersFaithful) {
  private static final JsonMapper JSON = JsonMapper.builder().addModule(new Jdk8Module()).build();

  /** Sums up a run that took {@code elapsed}. */
  public static DemoReport of(OutcomeTally tally, Duration elapsed, AnswerScores scores) {
    double seconds = elapsed.toNanos() / 1e9;
    return new DemoReport(
        tally.prompts(),
        tally.completions(),
        tally.deadLetters(),
        tally.latencyRecords(),
        seconds == 0 ? 0 : round(tally.completionTokens() / seconds),
        round(seconds),
        rounded(scores.get(Measure.LABEL_ACCURACY)),
        rounded(scores.get(Measure.ENRICH_VALID)),
        rounded(scores.get(Measure.ENRICH_EXACT)),
        rounded(scores.get(Measure.SUMMARY_FACT_RECALL)),
        rounded(scores.get(Measure.SUMMARY_NUMBERS_FAITHFUL)));
  }

  /** One JSON object on one line. */
  public String toJson() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static OptionalDouble rounded(OptionalDouble value) {
    return value.stream().map(DemoReport::round).findFirst();
  }

  private static double round(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}
