package dev.millrace.engine.cache;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which token slots of the KV cache are free: holes between the ranges that are taken.
 *
 * <p>The smallest hole that fits is taken, which keeps the long ones long. Not thread-safe:
 * confined to the engine thread.
 */
final class SlotPool {
  private final int capacity;

  /** Free holes by start slot. Never adjacent: {@link #free} merges neighbours. */
  private final TreeMap<Integer, CacheRange> holes = new TreeMap<>();

  private int used;

  SlotPool(int capacity) {
    this.capacity = capacity;
    holes.put(0, new CacheRange(0, capacity));
  }

  int capacity() {
    return capacity;
  }

  /** Slots that are not free. */
  int used() {
    return used;
  }

  /** A range of {@code size} slots, or empty while no hole is long enough. */
  Optional<CacheRange> allocate(int size) {
    Optional<CacheRange> hole =
        holes.values().stream()
            .filter(candidate -> candidate.size() >= size)
            .min((a, b) -> Integer.compare(a.size(), b.size()));
    return hole.map(found -> take(found, size));
  }

  /** The hole that ends at this slot. */
  Optional<CacheRange> holeBefore(int slot) {
    return Optional.ofNullable(holes.lowerEntry(slot))
        .map(Map.Entry::getValue)
        .filter(hole -> hole.end() == slot);
  }

  /** The hole that begins at this slot. */
  Optional<CacheRange> holeAfter(int slot) {
    return Optional.ofNullable(holes.get(slot));
  }

  /**
   * Gives a range back.
   *
   * @throws IllegalArgumentException if some of its slots are free already
   */
  void free(CacheRange range) {
    requireTaken(range);
    int start = range.start();
    int end = range.end();
    Map.Entry<Integer, CacheRange> before = holes.floorEntry(start);
    if (before != null && before.getValue().end() == start) {
      start = before.getKey();
      holes.remove(before.getKey());
    }
    CacheRange after = holes.remove(end);
    if (after != null) {
      end = after.end();
    }
    holes.put(start, new CacheRange(start, end - start));
    used -= range.size();
  }

  private CacheRange take(CacheRange hole, int size) {
    holes.remove(hole.start());
    if (hole.size() > size) {
      holes.put(hole.start() + size, new CacheRange(hole.start() + size, hole.size() - size));
    }
    used += size;
    return new CacheRange(hole.start(), size);
  }

  private void requireTaken(CacheRange range) {
    Map.Entry<Integer, CacheRange> hole = holes.lowerEntry(range.end());
    if (range.end() > capacity || (hole != null && hole.getValue().end() > range.start())) {
      throw new IllegalArgumentException(range + " is not wholly taken");
    }
  }
}
