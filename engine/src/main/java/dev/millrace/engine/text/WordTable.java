package dev.millrace.engine.text;

/**
 * The tokens of words of up to sixteen Latin-1 characters. Such a word is two numbers, and with its
 * tokens four, side by side in memory: to look one up takes one access, where maps of objects take
 * five. Two places, neighbours, serve a word: it takes the first, and what was there moves on to
 * the other. One thread's, of 4 MB.
 */
final class WordTable {
  private static final int LONGEST_WORD = 2 * Long.BYTES;

  /** Of a word with more nothing is remembered. */
  static final int MOST_TOKENS = 6;

  private static final int PLACE_BITS = 17;
  private static final int WIDTH = 4;
  private static final int TOKEN_BITS = 20;
  private static final int COUNT_BITS = Long.SIZE - 3 * TOKEN_BITS;

  /** Of each place: the word's first and last eight characters, the number of tokens and tokens. */
  private final long[] places = new long[WIDTH << PLACE_BITS];

  /** Whether a part of a text can be one of the words here. */
  static boolean holds(String text, int start, int end) {
    boolean holds = end - start <= LONGEST_WORD;
    for (int i = start; holds && i < end; i++) {
      holds = text.charAt(i) > 0 && text.charAt(i) <= 0xFF;
    }
    return holds;
  }

  /** Up to eight characters as a number, the first in the lowest byte. */
  static long pack(String text, int start, int end) {
    long packed = 0;
    for (int i = end - 1; i >= start; i--) {
      packed = packed << Byte.SIZE | text.charAt(i);
    }
    return packed;
  }

  /**
   * Copies the tokens of a word, if they are known.
   *
   * @param first the first eight characters, packed
   * @param last those after them, packed
   * @param target with room for {@link #MOST_TOKENS} from {@code offset} on
   * @return how many tokens, 0 if they are not known
   */
  int copy(long first, long last, int[] target, int offset) {
    int place = place(first, last);
    if (!isAt(place, first, last)) {
      place ^= WIDTH;
      if (!isAt(place, first, last)) {
        return 0;
      }
    }
    long tokens = places[place + 2];
    int count = (int) tokens & ((1 << COUNT_BITS) - 1);
    tokens >>>= COUNT_BITS;
    for (int i = 0; i < count; i++) {
      if (i == MOST_TOKENS / 2) {
        tokens = places[place + 3];
      }
      target[offset + i] = (int) tokens & ((1 << TOKEN_BITS) - 1);
      tokens >>>= TOKEN_BITS;
    }
    return count;
  }

  /** Remembers a word's tokens, if there are not too many of them. */
  void put(long first, long last, int[] tokens) {
    if (tokens.length > MOST_TOKENS) {
      return;
    }
    long[] packed = {tokens.length, 0};
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i] >>> TOKEN_BITS != 0) {
        return;
      }
      int half = i / (MOST_TOKENS / 2);
      int shift = i % (MOST_TOKENS / 2) * TOKEN_BITS + (half == 0 ? COUNT_BITS : 0);
      packed[half] |= (long) tokens[i] << shift;
    }
    int place = place(first, last);
    if (places[place] != 0) {
      System.arraycopy(places, place, places, place ^ WIDTH, WIDTH);
    }
    places[place] = first;
    places[place + 1] = last;
    places[place + 2] = packed[0];
    places[place + 3] = packed[1];
  }

  private boolean isAt(int place, long first, long last) {
    return places[place] == first && places[place + 1] == last;
  }

  private static int place(long first, long last) {
    long mixed = (first ^ Long.rotateLeft(last, 29)) * 0x9E3779B97F4A7C15L;
    mixed = (mixed ^ mixed >>> 32) * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> (Long.SIZE - PLACE_BITS)) * WIDTH;
  }
}
