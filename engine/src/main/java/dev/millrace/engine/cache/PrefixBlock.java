package dev.millrace.engine.cache;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.TokenIds;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * A full block of tokens, after one certain prefix, and the slots that hold its keys and values.
 * Only {@link PrefixCache} changes it.
 */
final class PrefixBlock {

  /**
   * What the block's keys and values depend on. Blocks are chained: the one before stands, by
   * identity, for all the tokens up to here, so that comparing a key compares the whole prefix.
   *
   * @param parent the block before this one, or the sequence's root
   */
  record Key(Object parent, TokenIds tokens) {
    Key {
      requireNonNull(parent);
      requireNonNull(tokens);
    }
  }

  final Key key;
  final CacheRange slots;

  /** The blocks that go on from this one. */
  final Set<PrefixBlock> children = new LinkedHashSet<>();

  /** Sequences that run on this block. One that references a block references all before it. */
  int references;

  /**
   * Whether the keys and values are there. Until then, a running sequence is about to write them.
   */
  boolean computed;

  /** Whether it can no longer be found; it goes with its last reference. */
  boolean forgotten;

  /** When its last reference went, as a count. A block is older than the one before it. */
  long lastUse = -1;

  PrefixBlock(Key key, CacheRange slots) {
    this.key = key;
    this.slots = slots;
  }
}
