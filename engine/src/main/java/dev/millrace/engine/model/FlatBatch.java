package dev.millrace.engine.model;

import dev.millrace.engine.cache.CacheCopy;
import dev.millrace.engine.scheduler.Chunk;
import dev.millrace.engine.scheduler.Sequence;
import dev.millrace.engine.scheduler.StepPlan;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The tokens of a step, every sequence's chunk after the other, as {@code llama.py} wants them.
 *
 * @param tokens ids, one per token
 * @param positions of each token in its sequence
 * @param slots of the cache that take each token's keys and values
 * @param rows the tokens whose logits are wanted
 * @param starts the position of each chunk's first token
 * @param counts how many tokens each chunk has
 * @param pools the slot of position 0 of each chunk's sequence
 * @param copies what must be copied within the cache before
 * @param adapted which tokens go through which adapter
 */
@SuppressWarnings("ArrayRecordComponent") // read once by native code, never compared
record FlatBatch(
    long[] tokens,
    long[] positions,
    long[] slots,
    long[] rows,
    long[] starts,
    long[] counts,
    long[] pools,
    List<CacheCopy> copies,
    Map<Integer, long[]> adapted) {

  /** The chunks of a plan, each wanting logits if its sequence samples after it. */
  static FlatBatch of(StepPlan plan) {
    Builder builder = new Builder();
    for (Chunk chunk : plan.chunks()) {
      Sequence sequence = chunk.sequence();
      int[] tokens = IntStream.range(chunk.start(), chunk.end()).map(sequence::token).toArray();
      builder.adapt(sequence.adapter(), tokens.length);
      builder.add(tokens, chunk.start(), sequence.cache().start(), chunk.samples());
    }
    return builder.build(
        plan.chunks().stream().flatMap(chunk -> chunk.sequence().copies().stream()).toList());
  }

  /** What {@code llama.py} calls an adapter. */
  static String adapterName(int number) {
    return ".lora." + number;
  }

  /** Collects the chunks of one step in order. */
  static final class Builder {
    private final LongStream.Builder tokens = LongStream.builder();
    private final LongStream.Builder positions = LongStream.builder();
    private final LongStream.Builder slots = LongStream.builder();
    private final LongStream.Builder rows = LongStream.builder();
    private final LongStream.Builder starts = LongStream.builder();
    private final LongStream.Builder counts = LongStream.builder();
    private final LongStream.Builder pools = LongStream.builder();
    private final Map<Integer, LongStream.Builder> adapted = new TreeMap<>();
    private int size;

    /** Has the next {@code count} tokens go through an adapter, if the number is one's. */
    Builder adapt(int adapter, int count) {
      if (adapter != 0) {
        LongStream.Builder rows = adapted.computeIfAbsent(adapter, none -> LongStream.builder());
        LongStream.range(size, size + count).forEach(rows::add);
      }
      return this;
    }

    /**
     * @param chunk the tokens at positions {@code start} onwards
     * @param pool the slot of the sequence's position 0
     * @param wantsLogits whether the logits after the chunk's last token are wanted
     */
    Builder add(int[] chunk, int start, int pool, boolean wantsLogits) {
      for (int i = 0; i < chunk.length; i++) {
        tokens.add(chunk[i]);
        positions.add(start + i);
        slots.add(pool + start + i);
      }
      starts.add(start);
      counts.add(chunk.length);
      pools.add(pool);
      size += chunk.length;
      if (wantsLogits) {
        rows.add(size - 1);
      }
      return this;
    }

    FlatBatch build() {
      return build(List.of());
    }

    FlatBatch build(List<CacheCopy> copies) {
      return new FlatBatch(
          array(tokens),
          array(positions),
          array(slots),
          array(rows),
          array(starts),
          array(counts),
          array(pools),
          copies,
          rowsByAdapter());
    }

    private Map<Integer, long[]> rowsByAdapter() {
      Map<Integer, long[]> arrays = new TreeMap<>();
      adapted.forEach((adapter, rows) -> arrays.put(adapter, array(rows)));
      return arrays;
    }

    private static long[] array(LongStream.Builder values) {
      return values.build().toArray();
    }
  }
}
