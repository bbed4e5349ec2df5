package dev.millrace.engine.text;

/**
 * The tokens of words of up to 24 Latin-1 characters. Such a word is three numbers, and with its
 * tokens eight, a line of the processor's cache: to look one up takes one access, where maps of
 * objects take five. Two places, neighbours, serve a word: it takes the first, and what was there
 * moves on to the other. One thread's, of 4 MB.
 */
final class WordTable {
  private static final int PLACE_BITS = 16;

  /** Numbers to a place: the word's characters, then its tokens and how many they are. */
  private static final int WIDTH = 8;

  private static final int KEYS = 3;
  private static final int LONGEST_WORD = KEYS * Long.BYTES;

  private static final int TOKEN_BITS = 20;
  private static final int TOKENS_PER_NUMBER = Long.SIZE / TOKEN_BITS;

  static final int NOWHERE = -1;

  /** Of a word with more nothing is remembered. */
  static final int MOST_TOKENS = (WIDTH - KEYS) * TOKENS_PER_NUMBER;

  /** How many tokens a word has stands above the tokens in the first number of them. */
  private static final int COUNT_SHIFT = TOKENS_PER_NUMBER * TOKEN_BITS;

  private final long[] places = new long[WIDTH << PLACE_BITS];

  /** The word that is looked for. */
  private final long[] key = new long[KEYS];

  /** Whether a part of a text can be one of the words here. */
  static boolean holds(String text, int start, int end) {
    boolean holds = end > start && end - start <= LONGEST_WORD;
    for (int i = start; holds && i < end; i++) {
      holds = text.charAt(i) > 0 && text.charAt(i) <= 0xFF;
    }
    return holds;
  }

  /**
   * Looks for a word that {@linkplain #holds can be here}.
   *
   * @return its place, or {@link #NOWHERE}
   */
  int find(String text, int start, int end) {
    pack(text, start, end);
    int place = place();
    if (isAt(place)) {
      return place;
    }
    return isAt(place ^ WIDTH) ? place ^ WIDTH : NOWHERE;
  }

  /**
   * Copies the tokens of the word at a place.
   *
   * @param target with room for {@link #MOST_TOKENS} from {@code offset} on
   * @return how many tokens
   */
  int copy(int place, int[] target, int offset) {
    int number = place + KEYS;
    int count = (int) (places[number] >>> COUNT_SHIFT);
    for (int i = 0; i < count; number++) {
      long tokens = places[number];
      for (int end = Math.min(count, i + TOKENS_PER_NUMBER); i < end; i++) {
        target[offset + i] = (int) tokens & ((1 << TOKEN_BITS) - 1);
        tokens >>>= TOKEN_BITS;
      }
    }
    return count;
  }

  /** Remembers a word's tokens, if there are not too many of them. */
  void put(String text, int start, int end, int[] tokens) {
    if (tokens.length == 0 || tokens.length > MOST_TOKENS) {
      return;
    }
    long[] packed = new long[WIDTH - KEYS];
    packed[0] = (long) tokens.length << COUNT_SHIFT;
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i] >>> TOKEN_BITS != 0) {
        return;
      }
      packed[i / TOKENS_PER_NUMBER] |= (long) tokens[i] << (i % TOKENS_PER_NUMBER * TOKEN_BITS);
    }
    pack(text, start, end);
    int place = place();
    if (places[place] != 0) {
      System.arraycopy(places, place, places, place ^ WIDTH, WIDTH);
    }
    System.arraycopy(key, 0, places, place, KEYS);
    System.arraycopy(packed, 0, places, place + KEYS, packed.length);
  }

  /** Makes a part of a text the {@link #key}: eight characters to a number, the first lowest. */
  private void pack(String text, int start, int end) {
    for (int k = 0; k < KEYS; k++) {
      int from = start + k * Long.BYTES;
      long packed = 0;
      for (int i = Math.min(end, from + Long.BYTES) - 1; i >= from; i--) {
        packed = packed << Byte.SIZE | text.charAt(i);
      }
      key[k] = packed;
    }
  }

  private boolean isAt(int place) {
    return places[place] == key[0] && places[place + 1] == key[1] && places[place + 2] == key[2];
  }

  private int place() {
    long folded = key[0] ^ Long.rotateLeft(key[1], 29) ^ Long.rotateLeft(key[2], 43);
    long mixed = folded * 0x9E3779B97F4A7C15L;
    mixed = (mixed ^ mixed >>> 32) * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> (Long.SIZE - PLACE_BITS)) * WIDTH;
  }
}
