package dev.millrace.engine.model;

import ai.djl.pytorch.engine.PtNDArray;
import dev.millrace.engine.Sampling;
import dev.millrace.engine.SamplingNoise;
import dev.millrace.engine.constrain.Guide;
import dev.millrace.engine.constrain.LabelGuide;
import dev.millrace.engine.constrain.MaskGuide;
import dev.millrace.engine.constrain.TokenMask;
import dev.millrace.engine.scheduler.Sequence;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * How the next token of each sequence is to be chosen, as the tensors that {@code sample} in
 * llama.py wants. What no sequence asks for is left out, and the program skips it.
 *
 * @param sequences one per row of logits
 */
record SamplingBatch(List<Sequence> sequences) {
  SamplingBatch {
    sequences = List.copyOf(sequences);
  }

  Map<String, PtNDArray> tensors(NativeCall call) {
    Map<String, PtNDArray> tensors = new HashMap<>();
    putPenalties(call, tensors);
    putFilters(call, tensors);
    int[] scored = scored();
    if (scored.length > 0) {
      tensors.put("scored", call.array(longs(scored), scored.length));
    }
    putCandidates(call, tensors);
    return tensors;
  }

  /** The rows whose log-probabilities are wanted, in order. */
  int[] scored() {
    return IntStream.range(0, sequences.size())
        .filter(row -> topLogprobs(row).isPresent())
        .toArray();
  }

  /** The most alternatives that any row wants. */
  int top() {
    return IntStream.range(0, sequences.size())
        .map(row -> topLogprobs(row).orElse(0))
        .max()
        .orElse(0);
  }

  OptionalInt topLogprobs(int row) {
    return sequences.get(row).request().topLogprobs();
  }

  /** The tokens of the row whose logits are wanted as they are. */
  int[] candidates(int row) {
    Optional<Guide> guide = sequences.get(row).guide();
    return guide.isPresent() && guide.get() instanceof LabelGuide labels
        ? labels.candidates()
        : new int[0];
  }

  /** The mask of each row that has one. */
  Optional<TokenMask> mask(int row) {
    return sequences
        .get(row)
        .guide()
        .filter(MaskGuide.class::isInstance)
        .map(guide -> ((MaskGuide) guide).mask());
  }

  private Sampling sampling(int row) {
    return sequences.get(row).sampling();
  }

  /** temperature, top-p, min-p and the uniform number of each row that is not greedy. */
  private void putFilters(NativeCall call, Map<String, PtNDArray> tensors) {
    int[] rows =
        IntStream.range(0, sequences.size()).filter(row -> !sampling(row).isGreedy()).toArray();
    if (rows.length == 0) {
      return;
    }
    int n = rows.length;
    double[] filters = new double[4 * n];
    long[] topK = new long[n];
    for (int i = 0; i < n; i++) {
      Sampling sampling = sampling(rows[i]);
      filters[i] = sampling.temperature();
      filters[n + i] = sampling.topP();
      filters[2 * n + i] = sampling.minP();
      filters[3 * n + i] = SamplingNoise.uniform(sampling.seed(), sequences.get(rows[i]).length());
      topK[i] = sampling.topK();
    }
    tensors.put("sampled", call.array(longs(rows), n));
    tensors.put("filters", call.array(filters, 4, n));
    tensors.put("top_k", call.array(topK, n));
  }

  /** Row and token of every candidate, row by row. */
  private void putCandidates(NativeCall call, Map<String, PtNDArray> tensors) {
    List<int[]> ofRows = IntStream.range(0, sequences.size()).mapToObj(this::candidates).toList();
    int n = ofRows.stream().mapToInt(tokens -> tokens.length).sum();
    if (n == 0) {
      return;
    }
    long[] candidates = new long[2 * n];
    int next = 0;
    for (int row = 0; row < ofRows.size(); row++) {
      for (int token : ofRows.get(row)) {
        candidates[next] = row;
        candidates[n + next++] = token;
      }
    }
    tensors.put("candidates", call.array(candidates, 2, n));
  }

  private void putPenalties(NativeCall call, Map<String, PtNDArray> tensors) {
    PenalisedTokens penalised = new PenalisedTokens();
    for (int row = 0; row < sequences.size(); row++) {
      if (sampling(row).hasPenalties()) {
        penalised.add(row, sequences.get(row));
      }
    }
    if (penalised.size() == 0) {
      return;
    }
    int n = sequences.size();
    double[] penalties = new double[3 * n];
    for (int row = 0; row < n; row++) {
      penalties[row] = sampling(row).repetitionPenalty();
      penalties[n + row] = sampling(row).presencePenalty();
      penalties[2 * n + row] = sampling(row).frequencyPenalty();
    }
    tensors.put("penalised", call.array(penalised.toArray(), 3, penalised.size()));
    tensors.put("penalties", call.array(penalties, 3, n));
  }

  private static long[] longs(int[] values) {
    return IntStream.of(values).asLongStream().toArray();
  }
}
