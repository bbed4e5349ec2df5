package dev.millrace.engine.constrain;

import java.util.Arrays;
import java.util.BitSet;

/** The tokens that may come next, one bit per token id. Immutable; equal only to itself. */
public final class TokenMask {
  private final long[] words;

  TokenMask(BitSet allowed, int vocabulary) {
    words = Arrays.copyOf(allowed.toLongArray(), words(vocabulary));
  }

  /** How many words of 64 tokens a vocabulary takes. */
  public static int words(int vocabulary) {
    return (vocabulary + 63) / 64;
  }

  public boolean allows(int token) {
    return (words[token >> 6] >>> token & 1) != 0;
  }

  /** How many tokens are allowed. */
  public int count() {
    return Arrays.stream(words).mapToInt(Long::bitCount).sum();
  }

  /** Writes the words, token 0 in the lowest bit of the first, into a larger array. */
  public void copyTo(long[] target, int offset) {
    System.arraycopy(words, 0, target, offset, words.length);
  }
}
