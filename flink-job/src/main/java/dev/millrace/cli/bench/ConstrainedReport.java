package dev.millrace.cli.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Steps with and without constraints.
 *
 * @param vocabulary tokens, each of which a mask allows or not
 * @param steps of both kinds, warm-up included
 * @param free the median milliseconds of a step of each run without constraints
 * @param constrained of the run beside it with all sequences constrained
 */
public record ConstrainedReport(
    String model, int vocabulary, int batch, int steps, List<Double> free, List<Double> constrained)
    implements BenchReport {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  public ConstrainedReport {
    free = List.copyOf(free);
    constrained = List.copyOf(constrained);
    if (free.isEmpty() || free.size() != constrained.size()) {
      throw new IllegalArgumentException(
          "%d and %d runs are no pairs".formatted(free.size(), constrained.size()));
    }
  }

  /** By how much a constrained step takes longer, as a share of a free one. */
  double overhead() {
    return median(
        IntStream.range(0, free.size()).mapToDouble(i -> constrained.get(i) / free.get(i) - 1));
  }

  /** By how much one free run's steps differ from the next one's: less cannot be told apart. */
  double noise() {
    return median(
        IntStream.range(1, free.size())
            .mapToDouble(i -> Math.abs(free.get(i) / free.get(i - 1) - 1)));
  }

  @Override
  public void print(PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%n  %s, %d tokens in the vocabulary, %d sequences a step, %d pairs of runs%n"
            + "  a step without constraints   %.2f ms%n"
            + "  a step under a JSON Schema   %.2f ms%n"
            + "  overhead                     %.1f %% of a step; free runs differ by %.1f %%%n",
        model,
        vocabulary,
        batch,
        free.size(),
        freeMilliseconds(),
        constrainedMilliseconds(),
        100 * overhead(),
        100 * noise());
  }

  @Override
  public String toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("model", model);
    json.put("vocabulary", vocabulary);
    json.put("batch", batch);
    json.put("steps", steps);
    json.put("freeStepMs", freeMilliseconds());
    json.put("constrainedStepMs", constrainedMilliseconds());
    json.put("maskOverhead", overhead());
    json.put("noise", noise());
    json.put("freeRunsMs", free);
    json.put("constrainedRunsMs", constrained);
    try {
      return JSON.writeValueAsString(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("numbers can be written as JSON", e);
    }
  }

  private double freeMilliseconds() {
    return median(free.stream().mapToDouble(x -> x));
  }

  private double constrainedMilliseconds() {
    return median(constrained.stream().mapToDouble(x -> x));
  }

  private static double median(DoubleStream values) {
    double[] sorted = values.sorted().toArray();
    return sorted.length == 0 ? 0 : sorted[sorted.length / 2];
  }
}
