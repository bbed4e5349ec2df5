package dev.millrace.engine.model;

import ai.djl.ndarray.NDArray;
import dev.millrace.engine.TokenLogprob;
import dev.millrace.engine.TokenLogprobs;
import dev.millrace.engine.scheduler.SampledToken;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Turns what {@code sample} in llama.py returns into one {@link SampledToken} per row. */
final class SampledTokens {
  private SampledTokens() {}

  /**
   * @param results tokens, and where rows are scored: their tokens' logprobs, the best tokens' ids
   *     and logprobs
   */
  static List<SampledToken> of(List<NDArray> results, SamplingBatch sampling) {
    long[] tokens = results.get(0).toLongArray();
    Map<Integer, TokenLogprobs> logprobs =
        results.size() == 1 ? Map.of() : logprobs(tokens, results, sampling);
    List<SampledToken> sampled = new ArrayList<>(tokens.length);
    for (int row = 0; row < tokens.length; row++) {
      boolean finite = tokens[row] >= 0;
      sampled.add(
          new SampledToken(
              finite ? (int) tokens[row] : 0,
              finite,
              finite ? Optional.ofNullable(logprobs.get(row)) : Optional.empty()));
    }
    return sampled;
  }

  private static Map<Integer, TokenLogprobs> logprobs(
      long[] tokens, List<NDArray> results, SamplingBatch sampling) {
    float[] chosen = results.get(1).toFloatArray();
    long[] ids = results.get(2).toLongArray();
    float[] best = results.get(3).toFloatArray();
    int[] rows = sampling.scored();
    int width = ids.length / rows.length;
    Map<Integer, TokenLogprobs> byRow = new HashMap<>();
    for (int i = 0; i < rows.length; i++) {
      List<TokenLogprob> top = new ArrayList<>();
      for (int j = 0; j < Math.min(width, sampling.topLogprobs(rows[i]).orElse(0)); j++) {
        top.add(new TokenLogprob((int) ids[i * width + j], best[i * width + j]));
      }
      byRow.put(
          rows[i], new TokenLogprobs(new TokenLogprob((int) tokens[rows[i]], chosen[i]), top));
    }
    return byRow;
  }
}
