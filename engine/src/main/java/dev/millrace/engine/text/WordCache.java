package dev.millrace.engine.text;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.function.Function;

/**
 * Tokenises a text a few words at a time and remembers the tokens of words it has seen. For
 * tokenizers that {@linkplain PreTokenizer#cutsBeforeSpaces cut before spaces}; the tokens are the
 * same as those of the text at once, in a fraction of the time. Safe for all threads.
 */
final class WordCache {
  private final Function<String, int[]> tokenizer;
  private final ThreadLocal<WordTable> tables = ThreadLocal.withInitial(WordTable::new);

  /**
   * @param tokenizer gives the tokens of any text
   */
  WordCache(Function<String, int[]> tokenizer) {
    this.tokenizer = requireNonNull(tokenizer);
  }

  int[] encode(String text) {
    WordTable words = tables.get();
    Tokens tokens = new Tokens(text.length());
    int rest = 0; // where the text begins that is not encoded yet
    int start = 0; // of the word
    long first = 0; // its first eight characters
    long last = 0; // and those after them
    boolean fits = true;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      int at = i - start;
      if (at < Long.BYTES) {
        first |= (long) c << (Byte.SIZE * at);
      } else {
        last |= (long) c << (Byte.SIZE * (at - Long.BYTES));
      }
      fits &= at < WordTable.LONGEST_WORD && WordTable.holds(c);
      if (endsWord(text, i)) {
        if (fits) {
          if (rest < start) {
            tokens.add(tokenizer.apply(text.substring(rest, start)));
          }
          if (!tokens.add(words, first, last)) {
            int[] found = tokenizer.apply(text.substring(start, i + 1));
            words.put(first, last, found);
            tokens.add(found);
          }
          rest = i + 1;
        }
        start = i + 1;
        first = 0;
        last = 0;
        fits = true;
      }
    }
    if (rest < text.length()) {
      tokens.add(tokenizer.apply(text.substring(rest)));
    }
    return tokens.toArray();
  }

  /** Whether a space follows and this is visible. */
  private static boolean endsWord(String text, int i) {
    char c = text.charAt(i);
    return c > ' ' && c <= '~' && i + 1 < text.length() && text.charAt(i + 1) == ' ';
  }

  /** Grows as tokens come. */
  private static final class Tokens {
    private int[] tokens;
    private int size;

    Tokens(int expected) {
      tokens = new int[expected / 2 + 16];
    }

    void add(int[] more) {
      reserve(more.length);
      System.arraycopy(more, 0, tokens, size, more.length);
      size += more.length;
    }

    /** Adds the tokens of a word, if the table has it. */
    boolean add(WordTable words, long first, long last) {
      reserve(WordTable.MOST_TOKENS);
      int count = words.copy(first, last, tokens, size);
      size += count;
      return count > 0;
    }

    private void reserve(int more) {
      if (size + more > tokens.length) {
        tokens = Arrays.copyOf(tokens, Math.max(2 * tokens.length, size + more));
      }
    }

    int[] toArray() {
      return Arrays.copyOf(tokens, size);
    }
  }
}
