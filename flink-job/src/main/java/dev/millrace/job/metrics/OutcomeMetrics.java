package dev.millrace.job.metrics;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.outcome.GoldTally;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.GuardReport;
import dev.millrace.schema.GuardSide;
import dev.millrace.schema.GuardVerdict;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;

/**
 * What a task's outcomes say, in the names of OpenTelemetry's GenAI conventions where they have
 * one, and with their buckets. {@code docs/operations.md} lists them all. Task thread only.
 */
public final class OutcomeMetrics {
  private static final double MILLIS = 1e-3;

  private static final double[] SECONDS_TO_FIRST_TOKEN = {
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10
  };
  private static final double[] SECONDS_PER_OUTPUT_TOKEN = {
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5
  };
  private static final double[] SECONDS = {
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92
  };
  private static final double[] TOKENS = {
    1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864
  };

  private final MetricGroup group;
  private final Counter completions;
  private final Counter reused;
  private final Counter promptTokens;
  private final Counter cachedPromptTokens;
  private final Counter completionTokens;
  private final Counter resumedTokens;
  private final BucketHistogram timeToFirstToken;
  private final BucketHistogram timePerOutputToken;
  private final BucketHistogram requestDuration;
  private final BucketHistogram queueTime;
  private final BucketHistogram inputTokens;
  private final BucketHistogram outputTokens;
  private final Map<String, Counter> deadLetters = new HashMap<>();
  private final Map<List<String>, Counter> guardVerdicts = new HashMap<>();

  /**
   * Registers everything in the group {@code millrace} of the operator's.
   *
   * @param inFlight how many requests have no outcome yet
   */
  public OutcomeMetrics(MetricGroup operator, IntSupplier inFlight) {
    requireNonNull(inFlight, "inFlight");
    group = operator.addGroup("millrace");
    group.gauge("inFlight", (Gauge<Integer>) inFlight::getAsInt);
    completions = group.counter("completions");
    reused = group.counter("reusedResults");
    promptTokens = group.counter("promptTokens");
    cachedPromptTokens = group.counter("cachedPromptTokens");
    completionTokens = group.counter("completionTokens");
    resumedTokens = group.counter("resumedTokens");
    timeToFirstToken =
        BucketHistogram.register(
            group, "gen_ai_server_time_to_first_token_seconds", SECONDS_TO_FIRST_TOKEN);
    timePerOutputToken =
        BucketHistogram.register(
            group, "gen_ai_server_time_per_output_token_seconds", SECONDS_PER_OUTPUT_TOKEN);
    requestDuration =
        BucketHistogram.register(group, "gen_ai_server_request_duration_seconds", SECONDS);
    queueTime = BucketHistogram.register(group, "queue_time_seconds", SECONDS);
    inputTokens = tokenUsage("input");
    outputTokens = tokenUsage("output");
  }

  private BucketHistogram tokenUsage(String type) {
    return BucketHistogram.register(
        group.addGroup("gen_ai_token_type", type), "gen_ai_client_token_usage", TOKENS);
  }

  /** Reports how well tasks label the records whose label is known. */
  public void reportGold(GoldTally gold, Collection<String> tasks) {
    for (String task : tasks) {
      MetricGroup ofTask = group.addGroup("task", task);
      ofTask.gauge("goldRecords", (Gauge<Long>) () -> gold.records(task));
      ofTask.gauge("goldAccuracy", (Gauge<Double>) () -> gold.accuracy(task));
    }
  }

  /** Counts an answer that was generated, by the two records it became. */
  public void completed(GenerationResult result, GenerationLatency latency) {
    result.getGuard().ifPresent(this::guarded);
    promptTokens.inc(result.getPromptTokens());
    cachedPromptTokens.inc(result.getCachedPromptTokens());
    completionTokens.inc(result.getCompletionTokens());
    resumedTokens.inc(latency.getResumedTokens());
    timeToFirstToken.observe(latency.getTimeToFirstTokenMs() * MILLIS);
    if (latency.getTimePerOutputTokenMs() > 0) {
      timePerOutputToken.observe(latency.getTimePerOutputTokenMs() * MILLIS);
    }
    requestDuration.observe(
        Math.max(0, latency.getTotalMs() - latency.getTimeInTopicMs()) * MILLIS);
    queueTime.observe(latency.getTimeInQueueMs() * MILLIS);
    inputTokens.observe(result.getPromptTokens());
    outputTokens.observe(result.getCompletionTokens());
    completions.inc(); // last: whoever reads that it is counted finds the rest counted, too
  }

  /** Counts an answer that was taken over from an equal request: no token was spent on it. */
  public void reused() {
    reused.inc();
    completions.inc(); // last, too
  }

  /** Counts a dead letter under its code, and what a guard blocked under its category. */
  public void refused(DeadLetter letter) {
    deadLetters
        .computeIfAbsent(
            letter.getCode(), name -> group.addGroup("code", name).counter("deadLetters"))
        .inc();
    if (letter.getCategory().isPresent()) {
      boolean input = letter.getCode().equals(ErrorCode.INPUT_BLOCKED.name());
      verdict(input ? GuardSide.INPUT : GuardSide.OUTPUT, letter.getCategory().get(), "BLOCK");
    }
  }

  private void guarded(GuardReport report) {
    for (GuardVerdict verdict : report.getVerdicts()) {
      verdict(verdict.getSide(), verdict.getCategory(), verdict.getAction().name());
    }
  }

  private void verdict(GuardSide side, String category, String action) {
    guardVerdicts
        .computeIfAbsent(
            List.of(side.name(), category, action),
            labels ->
                group
                    .addGroup("side", side.name())
                    .addGroup("category", category)
                    .addGroup("action", action)
                    .counter("guardVerdicts"))
        .inc();
  }
}
