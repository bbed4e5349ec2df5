package dev.millrace.engine.cache;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Who owns which token slots of the KV cache's pool.
 *
 * <p>Every sequence owns one contiguous range, from its admission to its end, long enough for its
 * prompt and the most it may generate. So attention reads plain slices, a running sequence never
 * runs out of cache, and nothing is ever preempted. The price is fragmentation: a request can find
 * enough free slots but no hole that is long enough; it then waits for a neighbour to finish. The
 * smallest hole that fits is taken, which keeps the long ones long.
 *
 * <p>Not thread-safe: confined to the engine thread.
 */
public final class KvCache {
  private final int capacity;

  /** Free holes by start slot. Never adjacent: {@link #free} merges neighbours. */
  private final TreeMap<Integer, CacheRange> holes = new TreeMap<>();

  private int used;

  public KvCache(int capacity) {
    this.capacity = capacity;
    holes.put(0, new CacheRange(0, capacity));
  }

  public int capacity() {
    return capacity;
  }

  /** Slots that sequences own. */
  public int used() {
    return used;
  }

  /** A range of {@code size} slots, or empty while no hole is long enough. */
  public Optional<CacheRange> allocate(int size) {
    Optional<CacheRange> hole =
        holes.values().stream()
            .filter(candidate -> candidate.size() >= size)
            .min((a, b) -> Integer.compare(a.size(), b.size()));
    return hole.map(found -> take(found, size));
  }

  /**
   * Gives a range back.
   *
   * @throws IllegalArgumentException if some of its slots are free already
   */
  public void free(CacheRange range) {
    requireOwned(range);
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

  private void requireOwned(CacheRange range) {
    Map.Entry<Integer, CacheRange> hole = holes.lowerEntry(range.end());
    if (range.end() > capacity || (hole != null && hole.getValue().end() > range.start())) {
      throw new IllegalArgumentException(range + " is not wholly owned");
    }
  }
}
