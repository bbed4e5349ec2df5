package dev.millrace.engine.cache;

import java.util.List;
import java.util.Optional;

/**
 * Who owns which token slots of the pool of keys and values.
 *
 * <p>Every sequence owns one contiguous range, from its admission to its end, long enough for its
 * prompt and the most it may generate. So attention reads plain slices, a running sequence never
 * runs out of cache, and nothing is ever preempted. The price is fragmentation: a request can find
 * enough free slots but no hole that is long enough; it then waits for a neighbour to finish.
 *
 * <p>Full blocks of tokens that a sequence leaves behind stay where they are until their slots are
 * needed. A sequence that begins with the same tokens copies their keys and values into its own
 * range: copying costs a thousandth of computing, and keeps every range contiguous.
 *
 * <p>Not thread-safe: confined to the engine thread.
 */
public final class KvCache {
  /** Tokens in a block of the prefix cache. */
  private static final int BLOCK_SIZE = 16;

  private final SlotPool pool;
  private final PrefixCache prefixes;

  public KvCache(int capacity) {
    this(capacity, BLOCK_SIZE);
  }

  /**
   * @param blockSize tokens in a block of the prefix cache
   */
  KvCache(int capacity, int blockSize) {
    pool = new SlotPool(capacity);
    prefixes = new PrefixCache(pool, blockSize);
  }

  /** A cache in which no sequence finds what another has computed: none fills a block. */
  public static KvCache withoutPrefixCache(int capacity) {
    return new KvCache(capacity, Integer.MAX_VALUE);
  }

  public int capacity() {
    return pool.capacity();
  }

  /** Slots that sequences need; the rest is free or would be given away. */
  public int used() {
    return pool.used() - prefixes.idleSlots();
  }

  /**
   * Whether a running sequence is computing a block that this one begins with. Whoever waits for it
   * need not compute it.
   */
  public boolean isBeingComputed(CachedTokens tokens) {
    return prefixes.find(tokens).stream().anyMatch(block -> !block.computed);
  }

  /** How many of the first tokens would not have to be computed. */
  int cachedTokens(CachedTokens tokens) {
    return hits(tokens).size() * prefixes.blockSize();
  }

  /**
   * A range of {@code size} slots for a sequence, or empty while there is none. Its first tokens
   * may be cached already.
   */
  public Optional<CacheLease> lease(CachedTokens tokens, int size) {
    List<PrefixBlock> hits = hits(tokens);
    // Only a row of slots that takes in the hits themselves may be long enough.
    return lease(tokens, size, hits)
        .or(() -> hits.isEmpty() ? Optional.empty() : lease(tokens, size, List.of()));
  }

  private Optional<CacheLease> lease(CachedTokens tokens, int size, List<PrefixBlock> hits) {
    hits.forEach(prefixes::reference);
    Optional<CacheRange> range = allocate(size);
    if (range.isEmpty()) {
      prefixes.release(hits);
    }
    return range.map(found -> new CacheLease(pool, prefixes, tokens, found, hits));
  }

  private List<PrefixBlock> hits(CachedTokens tokens) {
    return prefixes.find(tokens).stream().takeWhile(block -> block.computed).toList();
  }

  private Optional<CacheRange> allocate(int size) {
    return pool.allocate(size)
        .or(() -> prefixes.evict(size) ? pool.allocate(size) : Optional.empty());
  }
}
