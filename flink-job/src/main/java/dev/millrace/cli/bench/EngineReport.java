package dev.millrace.cli.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.engine.ModelInfo;
import dev.millrace.engine.model.MachineLimits;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What an engine did with a workload.
 *
 * @param seconds from the first request given to the last answer, without those in which the
 *     machine's limits were measured
 * @param decode the steps in which every sequence computed one token
 * @param prefill all other steps; sequences that decode may share them
 * @param limits of the machine, as they were on average
 * @param cacheBytes of the whole KV cache, used or not
 * @param peakRssBytes of the process, without what measures the machine's limits
 */
public record EngineReport(
    String workload,
    Path checkpoint,
    ModelInfo model,
    int threads,
    int batch,
    int requests,
    long promptTokens,
    long cachedPromptTokens,
    long completionTokens,
    double loadSeconds,
    double seconds,
    StepFigures decode,
    StepFigures prefill,
    MachineLimits limits,
    long cacheBytes,
    long peakRssBytes)
    implements BenchReport {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final double GIGA = 1e9;

  /** Generated tokens per second of the whole run. */
  double tokensPerSecond() {
    return completionTokens / seconds;
  }

  @Override
  public void print(PrintWriter out) {
    print(
        out,
        "%n  %s: %d requests, %d prompt tokens (%d from the prefix cache), %d generated in %.2f s",
        workload,
        requests,
        promptTokens,
        cachedPromptTokens,
        completionTokens,
        seconds);
    print(
        out,
        "  %s, %s, %d at a time, loaded in %.1f s",
        checkpoint.getFileName(),
        model.precision().name().toLowerCase(Locale.ROOT),
        batch,
        loadSeconds);
    print(out, "%n  %,.1f tokens/s   %,.2f requests/s", tokensPerSecond(), requests / seconds);
    print(out, "%n            tokens/s   of the limit    steps   ms a step");
    print(out, "decode", decode);
    print(out, "prefill", prefill);
    printBreakdown(out);
    print(
        out,
        "%n  limits of this machine meanwhile: memory %.1f GB/s, bfloat16 %.0f GFLOP/s, float32 %.0f"
            + " GFLOP/s",
        limits.bytesPerSecond() / GIGA,
        limits.bfloat16FlopsPerSecond() / GIGA,
        limits.float32FlopsPerSecond() / GIGA);
    print(
        out,
        "  peak memory %.2f GB; the KV cache holds %d tokens, %.2f GB when full",
        peakRssBytes / GIGA,
        model.cacheCapacity(),
        cacheBytes / GIGA);
  }

  private static void print(PrintWriter out, String name, StepFigures steps) {
    if (steps.steps() > 0) {
      print(
          out,
          "  %-8s%,10.1f%13.0f %%%10d%12.2f",
          name,
          steps.tokensPerSecond(),
          100 * steps.limitShare(),
          steps.steps(),
          1000 * steps.seconds() / steps.steps());
    }
  }

  private void printBreakdown(PrintWriter out) {
    double inSteps = decode.seconds() + prefill.seconds();
    print(
        out,
        "%n  where the time goes: forward %.1f %%, prepare %.1f %%, schedule %.1f %%, commit %.1f"
            + " %%, between steps %.1f %%",
        share(decode.forward() + prefill.forward()),
        share(decode.prepare() + prefill.prepare()),
        share(decode.schedule() + prefill.schedule()),
        share(decode.commit() + prefill.commit()),
        share(Math.max(0, seconds - inSteps)));
  }

  private double share(double part) {
    return 100 * part / seconds;
  }

  private static void print(PrintWriter out, String format, Object... values) {
    out.printf(Locale.ROOT, format + "%n", values);
  }

  /** What did not occur is null. */
  @Override
  public String toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("workload", workload);
    json.put("checkpoint", checkpoint.toString());
    json.put("precision", model.precision().name().toLowerCase(Locale.ROOT));
    json.put("threads", threads);
    json.put("batch", batch);
    json.put("requests", requests);
    json.put("promptTokens", promptTokens);
    json.put("cachedPromptTokens", cachedPromptTokens);
    json.put("completionTokens", completionTokens);
    json.put("loadSeconds", loadSeconds);
    json.put("seconds", seconds);
    json.put("tokensPerSecond", tokensPerSecond());
    json.put("totalTokensPerSecond", (promptTokens + completionTokens) / seconds);
    json.put("requestsPerSecond", requests / seconds);
    putSteps(json, "decode", decode);
    putSteps(json, "prefill", prefill);
    json.put("memoryBytesPerSecond", limits.bytesPerSecond());
    json.put("bfloat16FlopsPerSecond", limits.bfloat16FlopsPerSecond());
    json.put("float32FlopsPerSecond", limits.float32FlopsPerSecond());
    json.put("cacheBytes", cacheBytes);
    json.put("peakRssBytes", peakRssBytes);
    try {
      return JSON.writeValueAsString(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("numbers can be written as JSON", e);
    }
  }

  private static void putSteps(Map<String, Object> json, String name, StepFigures steps) {
    boolean any = steps.steps() > 0;
    json.put(name + "TokensPerSecond", any ? steps.tokensPerSecond() : null);
    json.put(name + "LimitShare", any ? steps.limitShare() : null);
    json.put(
        name + "Steps",
        Map.of(
            "count", steps.steps(),
            "limitSeconds", steps.limitSeconds(),
            "scheduleSeconds", steps.schedule(),
            "prepareSeconds", steps.prepare(),
            "forwardSeconds", steps.forward(),
            "commitSeconds", steps.commit()));
  }
}
