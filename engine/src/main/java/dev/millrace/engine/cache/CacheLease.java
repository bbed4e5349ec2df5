package dev.millrace.engine.cache;

import java.util.ArrayList;
import java.util.List;

/**
 * The slots of one sequence, from its admission to its end, and the prefix it shares with others.
 *
 * <p>The sequence's blocks are known to others from the start, so that those who come after it can
 * wait for them. A block that others have computed before is copied, once, into the sequence's own
 * range: see {@link #copies}. Not thread-safe: confined to the engine thread.
 */
public final class CacheLease {
  private final SlotPool pool;
  private final PrefixCache prefixes;
  private final CachedTokens tokens;
  private final CacheRange range;
  private final int cachedBlocks;

  /** Block i has the tokens from position i * blockSize. */
  private final List<PrefixBlock> blocks;

  private boolean copied;

  /**
   * @param hits blocks that are computed, each with a reference that is the lease's from now on
   */
  CacheLease(
      SlotPool pool,
      PrefixCache prefixes,
      CachedTokens tokens,
      CacheRange range,
      List<PrefixBlock> hits) {
    this.pool = pool;
    this.prefixes = prefixes;
    this.tokens = tokens;
    this.range = range;
    cachedBlocks = hits.size();
    blocks = new ArrayList<>(hits);
    share(tokens.length());
  }

  public CacheRange range() {
    return range;
  }

  /** How many of the sequence's first tokens are not to be computed, but to be copied. */
  public int cachedTokens() {
    return cachedBlocks * prefixes.blockSize();
  }

  /**
   * What the sequence's first step must copy into its range before it computes anything. Empty
   * after that step. Doing it twice is harmless: the sources stay until the lease ends.
   */
  public List<CacheCopy> copies() {
    List<CacheCopy> copies = new ArrayList<>();
    for (int i = 0; i < cachedBlocks && !copied; i++) {
      CacheRange source = blocks.get(i).slots;
      CacheCopy copy = new CacheCopy(source.start(), place(i).start(), source.size());
      int last = copies.size() - 1;
      if (last >= 0 && copies.get(last).meets(copy)) {
        copies.set(last, copies.get(last).with(copy));
      } else {
        copies.add(copy);
      }
    }
    return copies;
  }

  /** Says that the keys and values of the first {@code count} tokens are in the range. */
  public void computed(int count) {
    copied = true;
    for (int i = blocks.size() - 1; i >= cachedBlocks; i--) {
      PrefixBlock block = blocks.get(i);
      if (isOwn(i) && place(i).end() <= range.start() + count) {
        if (block.computed) {
          break; // and all before it
        }
        block.computed = true;
      }
    }
  }

  /** Ends the lease. The full blocks among the first {@code computed} tokens stay to be found. */
  public void end(int computed) {
    share(computed);
    computed(computed);
    for (int i = cachedBlocks; i < blocks.size(); i++) {
      if (isOwn(i) && !blocks.get(i).computed) {
        prefixes.forget(blocks.get(i));
      }
    }
    release();
  }

  /** Ends the lease of a sequence that failed: nobody shall find what it computed. */
  public void discard() {
    for (int i = cachedBlocks; i < blocks.size(); i++) {
      if (isOwn(i)) {
        prefixes.forget(blocks.get(i));
      }
    }
    release();
  }

  /** Gives back the slots that are no block's, and the references. */
  private void release() {
    int free = range.start();
    for (int i = cachedBlocks; i < blocks.size(); i++) {
      if (isOwn(i)) {
        free(free, place(i).start());
        free = place(i).end();
      }
    }
    free(free, range.end());
    prefixes.release(blocks);
  }

  private void free(int start, int end) {
    if (start < end) {
      pool.free(new CacheRange(start, end - start));
    }
  }

  /** Makes the full blocks of the first {@code count} tokens known. */
  private void share(int count) {
    int size = prefixes.blockSize();
    for (int i = blocks.size(); i < count / size; i++) {
      Object parent = i == 0 ? tokens.cacheRoot() : blocks.get(i - 1);
      PrefixBlock.Key key = new PrefixBlock.Key(parent, tokens.tokens(i * size, i * size + size));
      blocks.add(prefixes.share(key, place(i)));
    }
  }

  /** Whether block i is the sequence's own, not one that another computed in its range. */
  private boolean isOwn(int i) {
    return blocks.get(i).slots.equals(place(i));
  }

  private CacheRange place(int i) {
    return new CacheRange(range.start() + i * prefixes.blockSize(), prefixes.blockSize());
  }
}
