package dev.millrace.engine.cache;

import static java.util.Comparator.comparingLong;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * The blocks of tokens whose keys and values are in the pool, found by the prefix they end.
 *
 * <p>A block is referenced by the sequences that run on it, and stays when they have ended, until
 * its slots are needed: the block that was used longest ago goes first. Not thread-safe: confined
 * to the engine thread.
 */
final class PrefixCache {
  private final SlotPool pool;
  private final int blockSize;
  private final Map<PrefixBlock.Key, PrefixBlock> blocks = new HashMap<>();

  /** The blocks that nobody references, the one used longest ago first. */
  private final NavigableSet<PrefixBlock> idle =
      new TreeSet<>(comparingLong((PrefixBlock block) -> block.lastUse));

  private final Map<Integer, PrefixBlock> idleByStart = new HashMap<>();
  private long uses;

  PrefixCache(SlotPool pool, int blockSize) {
    this.pool = pool;
    this.blockSize = blockSize;
  }

  int blockSize() {
    return blockSize;
  }

  /** Slots of blocks that nobody references. */
  int idleSlots() {
    return idle.size() * blockSize;
  }

  /**
   * The blocks of the longest known prefix, some of which may still be computed. It ends before the
   * last token: that one must be computed, because its logits are wanted.
   */
  List<PrefixBlock> find(CachedTokens tokens) {
    List<PrefixBlock> prefix = new ArrayList<>();
    Object parent = tokens.cacheRoot();
    for (int start = 0; tokens.length() - start > blockSize; start += blockSize) {
      PrefixBlock block =
          blocks.get(new PrefixBlock.Key(parent, tokens.tokens(start, start + blockSize)));
      if (block == null) {
        break;
      }
      prefix.add(block);
      parent = block;
    }
    return prefix;
  }

  /**
   * The block of this key, referenced; if it is new, it is about to be computed in {@code slots}.
   */
  PrefixBlock share(PrefixBlock.Key key, CacheRange slots) {
    PrefixBlock block = blocks.get(key);
    if (block == null) {
      block = new PrefixBlock(key, slots);
      blocks.put(key, block);
      if (key.parent() instanceof PrefixBlock parent) {
        parent.children.add(block);
      }
    }
    reference(block);
    return block;
  }

  void reference(PrefixBlock block) {
    if (block.references++ == 0 && idle.remove(block)) {
      idleByStart.remove(block.slots.start());
    }
  }

  /** Takes a reference from each block of a prefix. */
  void release(List<PrefixBlock> prefix) {
    for (int i = prefix.size() - 1; i >= 0; i--) { // the last is the oldest, so that it goes first
      PrefixBlock block = prefix.get(i);
      block.references--;
      if (block.references == 0) {
        retire(block);
      }
    }
  }

  private void retire(PrefixBlock block) {
    if (block.forgotten) {
      pool.free(block.slots);
    } else {
      block.lastUse = uses++;
      idle.add(block);
      idleByStart.put(block.slots.start(), block);
    }
  }

  /** Lets nobody find the block any more, nor what goes on from it. */
  void forget(PrefixBlock block) {
    if (block.forgotten) {
      return;
    }
    block.forgotten = true;
    blocks.remove(block.key);
    List.copyOf(block.children).forEach(this::forget);
    if (block.key.parent() instanceof PrefixBlock parent) {
      parent.children.remove(block);
    }
    if (idle.remove(block)) {
      idleByStart.remove(block.slots.start());
      pool.free(block.slots);
    }
  }

  /**
   * Frees {@code size} slots in a row that are free or idle, round the block that was used longest
   * ago if it has such neighbours.
   *
   * @return whether there is such a row
   */
  boolean evict(int size) {
    if (pool.capacity() - pool.used() + idleSlots() < size) {
      return false;
    }
    NavigableSet<PrefixBlock> candidates = new TreeSet<>(idle);
    while (!candidates.isEmpty()) {
      EvictableRun run = new EvictableRun(pool, idleByStart, candidates.first());
      if (run.grow(size)) {
        run.blocks().forEach(this::forget);
        return true;
      }
      candidates.removeAll(run.blocks()); // they are in the same run, which is too short
    }
    return false;
  }
}
