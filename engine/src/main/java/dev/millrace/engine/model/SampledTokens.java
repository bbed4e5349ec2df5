package dev.millrace.engine.model;

import ai.djl.ndarray.NDArray;
import dev.millrace.engine.TokenLogprob;
import dev.millrace.engine.TokenLogprobs;
import dev.millrace.engine.scheduler.SampledToken;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Turns what {@code sample} in llama.py returns into one {@link SampledToken} per row. */
final class SampledTokens {
  private SampledTokens() {}

  /**
   * @param results tokens; where rows are scored, their tokens' logprobs, the best tokens' ids and
   *     logprobs; where there are candidates, their logits
   */
  static List<SampledToken> of(List<NDArray> results, SamplingBatch sampling) {
    long[] tokens = results.get(0).toLongArray();
    Map<Integer, TokenLogprobs> logprobs =
        sampling.scored().length == 0 ? Map.of() : logprobs(tokens, results, sampling);
    Iterator<Float> candidates = candidates(results, sampling);
    List<SampledToken> sampled = new ArrayList<>(tokens.length);
    for (int row = 0; row < tokens.length; row++) {
      boolean finite = tokens[row] >= 0;
      sampled.add(
          new SampledToken(
              finite ? (int) tokens[row] : 0,
              finite,
              finite ? Optional.ofNullable(logprobs.get(row)) : Optional.empty(),
              Stream.generate(candidates::next).limit(sampling.candidates(row).length).toList()));
    }
    return sampled;
  }

  /** The logits of all candidates, row by row. */
  private static Iterator<Float> candidates(List<NDArray> results, SamplingBatch sampling) {
    int logprobs = sampling.scored().length == 0 ? 0 : 3;
    List<Float> logits = new ArrayList<>();
    if (results.size() > 1 + logprobs) {
      for (float logit : results.get(1 + logprobs).toFloatArray()) {
        logits.add(logit);
      }
    }
    return logits.iterator();
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
