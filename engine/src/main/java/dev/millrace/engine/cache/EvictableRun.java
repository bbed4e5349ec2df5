package dev.millrace.engine.cache;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Slots in a row that are free or hold idle blocks. It grows from one block to both sides. */
final class EvictableRun {
  private final SlotPool pool;
  private final Map<Integer, PrefixBlock> idleByStart;
  private final List<PrefixBlock> blocks = new ArrayList<>();
  private final int blockSize;
  private int start;
  private int end;

  EvictableRun(SlotPool pool, Map<Integer, PrefixBlock> idleByStart, PrefixBlock first) {
    this.pool = pool;
    this.idleByStart = idleByStart;
    blocks.add(first);
    start = first.slots.start();
    end = first.slots.end();
    blockSize = first.slots.size();
  }

  List<PrefixBlock> blocks() {
    return blocks;
  }

  /** Grows to {@code size} slots, over what was used longest ago. Returns whether it could. */
  boolean grow(int size) {
    growOverHoles();
    while (end - start < size) {
      Optional<PrefixBlock> next = older(idleAt(start - blockSize), idleAt(end));
      if (next.isEmpty()) {
        return false;
      }
      take(next.get());
      growOverHoles();
    }
    return true;
  }

  private void take(PrefixBlock block) {
    blocks.add(block);
    start = Math.min(start, block.slots.start());
    end = Math.max(end, block.slots.end());
  }

  private void growOverHoles() {
    start = pool.holeBefore(start).map(CacheRange::start).orElse(start);
    end = pool.holeAfter(end).map(CacheRange::end).orElse(end);
  }

  private Optional<PrefixBlock> idleAt(int slot) {
    return Optional.ofNullable(idleByStart.get(slot));
  }

  private static Optional<PrefixBlock> older(Optional<PrefixBlock> a, Optional<PrefixBlock> b) {
    if (a.isEmpty() || b.isEmpty()) {
      return a.or(() -> b);
    }
    return a.get().lastUse < b.get().lastUse ? a : b;
  }
}
