package dev.millrace.engine.model;

import ai.djl.pytorch.engine.PtNDArray;
import dev.millrace.engine.constrain.TokenMask;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Which masks are on the device, in which row of the program's table. A mask is sent once, in the
 * step that needs it first, and stays while it is among those used last; after that a step sends a
 * row number per sequence. Row 0 allows everything. Confined to the engine thread.
 */
final class MaskTable {
  private static final int EVERYTHING = 0;

  private final int vocabulary;
  private final int rows;
  private final Map<TokenMask, Integer> rowOf = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * @param rows of the program's table, more than a step has sequences
   */
  MaskTable(int vocabulary, int rows) {
    this.vocabulary = vocabulary;
    this.rows = rows;
  }

  int rows() {
    return rows;
  }

  /** Adds what {@code sample} in llama.py wants if a sequence of the batch has a mask. */
  void put(NativeCall call, SamplingBatch sampling, Map<String, PtNDArray> tensors) {
    int n = sampling.sequences().size();
    List<Optional<TokenMask>> masks = IntStream.range(0, n).mapToObj(sampling::mask).toList();
    if (masks.stream().allMatch(Optional::isEmpty)) {
      return;
    }
    List<TokenMask> fresh = new ArrayList<>();
    long[] used = new long[n];
    for (int i = 0; i < n; i++) {
      used[i] = masks.get(i).map(mask -> (long) row(mask, fresh)).orElse((long) EVERYTHING);
    }
    tensors.put("masks", call.array(used, n));
    if (!fresh.isEmpty()) {
      putFresh(call, fresh, tensors);
    }
  }

  /** Forgets what was sent, because nobody knows whether it arrived. */
  void clear() {
    rowOf.clear();
  }

  private int row(TokenMask mask, List<TokenMask> fresh) {
    Integer known = rowOf.get(mask);
    if (known != null) {
      return known;
    }
    int row = rowOf.size() + 1;
    if (row == rows) {
      TokenMask oldest = rowOf.keySet().iterator().next();
      row = rowOf.remove(oldest);
    }
    rowOf.put(mask, row);
    fresh.add(mask);
    return row;
  }

  private void putFresh(NativeCall call, List<TokenMask> fresh, Map<String, PtNDArray> tensors) {
    int words = TokenMask.words(vocabulary);
    long[] bits = new long[fresh.size() * words];
    long[] into = new long[fresh.size()];
    for (int i = 0; i < into.length; i++) {
      fresh.get(i).copyTo(bits, i * words);
      into[i] = rowOf.get(fresh.get(i));
    }
    tensors.put("new_masks", call.array(bits, into.length, words));
    tensors.put("new_mask_rows", call.array(into, into.length));
  }
}
