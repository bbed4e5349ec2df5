package dev.millrace.cli.batch;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.cli.report.LatencySummary;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.FinishReason;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.NaturalJson;
import dev.millrace.schema.RecordFormatException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Counts of a batch, over all its runs. Grows with the time it took and the number of different
 * short answers, not with the number of rows. Not safe for use by several threads.
 */
public final class BatchStatistics {
  /** Answers longer than this are texts and not labels. */
  private static final int LONGEST_LABEL = 40;

  private static final int MOST_LABELS = 1_000;
  private static final int SAMPLES = 10;
  private static final NaturalJson<GenerationLatency> LATENCIES =
      NaturalJson.of(GenerationLatency.class);

  /** A row and its answer, to look at. */
  public record Sample(String row, String answer) {}

  private final LatencySummary latencies = new LatencySummary();
  private final TreeMap<Long, Long> tokensBySecond = new TreeMap<>();
  private final Map<String, Long> labels = new TreeMap<>();
  private final Map<String, Long> deadLetters = new TreeMap<>();
  private final Map<String, String> deadLetterExamples = new TreeMap<>();
  private final List<Sample> samples = new ArrayList<>();
  private final Random random = new Random(0); // the same samples for the same batch
  private boolean labelled = true;
  private long firstRead = Long.MAX_VALUE;
  private long lastWritten = Long.MIN_VALUE;
  private long answered;
  private long failed;
  private long missing;
  private long cut;
  private long doubtful;
  private long gold;
  private long goldRight;
  private long promptTokens;
  private long cachedPromptTokens;
  private long completionTokens;

  /** Takes a line of an outcome file into account, whether or not its row is still there. */
  void seen(OutcomeLine line) {
    if (line.kind() != OutcomeKind.LATENCY) {
      return;
    }
    try {
      GenerationLatency latency = LATENCIES.read(line.json().getBytes(UTF_8));
      latencies.add(latency);
      firstRead = Math.min(firstRead, line.at() - Math.round(latency.getTotalMs()));
      lastWritten = Math.max(lastWritten, line.at());
    } catch (RecordFormatException e) {
      throw new IllegalStateException("damaged latency of row " + line.key(), e);
    }
  }

  void answered(Row row, GenerationResult answer, long at) {
    answered++;
    promptTokens += answer.getPromptTokens();
    cachedPromptTokens += answer.getCachedPromptTokens();
    completionTokens += answer.getCompletionTokens();
    tokensBySecond.merge(at / 1000, (long) answer.getCompletionTokens(), Long::sum);
    if (answer.getFinishReason() == FinishReason.LENGTH) {
      cut++;
    }
    label(answer.getText());
    answer
        .getExpectedLabel()
        .ifPresent(expected -> gold(expected.equals(answer.getLabel().orElse(""))));
    sample(row, answer);
  }

  void failed(DeadLetter letter) {
    failed++;
    deadLetters.merge(letter.getCode(), 1L, Long::sum);
    deadLetterExamples.putIfAbsent(letter.getCode(), letter.getMessage());
  }

  void countDoubtful() {
    doubtful++;
  }

  void countMissing() {
    missing++;
  }

  /** Rows of the input. */
  public long rows() {
    return answered + failed + missing;
  }

  /** Rows with an answer. */
  public long answered() {
    return answered;
  }

  /** Rows with a dead letter and no answer. */
  public long failed() {
    return failed;
  }

  /** Rows without an outcome. */
  public long missing() {
    return missing;
  }

  /** Answers that were cut at their most tokens. */
  public long cut() {
    return cut;
  }

  /** Labels with so small a margin that a person should look at them. */
  public long doubtful() {
    return doubtful;
  }

  /** Rows whose right label was known. */
  public long gold() {
    return gold;
  }

  /** Those of them that were given it. */
  public long goldRight() {
    return goldRight;
  }

  /** From the first row read until the last answer written, with the time between runs. */
  public Duration answering() {
    return Duration.ofMillis(Math.max(0, lastWritten - firstRead));
  }

  public long promptTokens() {
    return promptTokens;
  }

  /** Prompt tokens that the prefix cache had. */
  public long cachedPromptTokens() {
    return cachedPromptTokens;
  }

  public long completionTokens() {
    return completionTokens;
  }

  LatencySummary latencies() {
    return latencies;
  }

  /** Completion tokens by the second of the epoch in which they were written. */
  SortedMap<Long, Long> tokensBySecond() {
    return tokensBySecond;
  }

  /** How often each answer came; empty unless all are short and many alike. */
  Map<String, Long> labels() {
    return labelled && labels.size() * 2L <= answered ? labels : Map.of();
  }

  /** Dead letters by error code. */
  Map<String, Long> deadLetters() {
    return deadLetters;
  }

  /** The most frequent reason of failures, with an example; empty if there was none. */
  public Optional<String> mainFailure() {
    return deadLetters.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(most -> most.getKey() + ": " + deadLetterExamples.get(most.getKey()));
  }

  /** A message for each error code. */
  Map<String, String> deadLetterExamples() {
    return deadLetterExamples;
  }

  /** Ten rows at random with their answers. */
  List<Sample> samples() {
    return samples;
  }

  private void gold(boolean right) {
    gold++;
    goldRight += right ? 1 : 0;
  }

  private void label(String text) {
    String label = text.strip();
    labelled &= label.length() <= LONGEST_LABEL && labels.size() < MOST_LABELS;
    if (labelled) {
      labels.merge(label, 1L, Long::sum);
    }
  }

  /** Reservoir sampling: Vitter's algorithm R. */
  private void sample(Row row, GenerationResult answer) {
    if (samples.size() < SAMPLES) {
      samples.add(new Sample(row.text(), answer.getText()));
    } else {
      long place = (long) (random.nextDouble() * answered);
      if (place < SAMPLES) {
        samples.set((int) place, new Sample(row.text(), answer.getText()));
      }
    }
  }
}
