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
  private static final int LONGEST_WORD = 20;

  /** A power of two; two neighbours serve a word. */
  private static final int PLACES = 1 << 17;

  /** Immutable, so that a thread which finds it finds all of it. */
  private static final class Known {
    private final String word;
    private final int[] tokens;

    Known(String word, int[] tokens) {
      this.word = word;
      this.tokens = tokens;
    }

    boolean isAt(String text, int start, int end) {
      return word.length() == end - start && text.startsWith(word, start);
    }
  }

  private final Function<String, int[]> tokenizer;

  /** Of two words that want a place the one that came later has it; the other, the one beside. */
  private final Known[] words = new Known[PLACES];

  /**
   * @param tokenizer gives the tokens of any text
   */
  WordCache(Function<String, int[]> tokenizer) {
    this.tokenizer = requireNonNull(tokenizer);
  }

  int[] encode(String text) {
    Tokens tokens = new Tokens(text.length());
    int rest = 0; // where the text begins that is not encoded yet
    int start = 0; // of the word
    int hash = 0;
    for (int i = 0; i < text.length(); i++) {
      hash = 31 * hash + text.charAt(i);
      if (endsWord(text, i)) {
        if (i + 1 - start <= LONGEST_WORD) {
          if (rest < start) {
            tokens.add(tokenizer.apply(text.substring(rest, start)));
          }
          tokens.add(word(text, start, i + 1, hash));
          rest = i + 1;
        }
        start = i + 1;
        hash = 0;
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

  /** The tokens of a word. Threads may forget each other's words, never mistake them. */
  private int[] word(String text, int start, int end, int hash) {
    int place = (hash * 0x9E3779B9) >>> (Integer.SIZE - Integer.numberOfTrailingZeros(PLACES));
    int beside = place ^ 1;
    Known known = words[place];
    if (known != null && known.isAt(text, start, end)) {
      return known.tokens;
    }
    Known other = words[beside];
    if (other != null && other.isAt(text, start, end)) {
      return other.tokens;
    }
    String word = text.substring(start, end);
    int[] tokens = tokenizer.apply(word);
    if (known != null) {
      words[beside] = known;
    }
    words[place] = new Known(word, tokens);
    return tokens;
  }

  /** Grows as tokens come. */
  private static final class Tokens {
    private int[] tokens;
    private int size;

    Tokens(int expected) {
      tokens = new int[expected / 2 + 16];
    }

    void add(int[] more) {
      if (size + more.length > tokens.length) {
        tokens = Arrays.copyOf(tokens, Math.max(2 * tokens.length, size + more.length));
      }
      System.arraycopy(more, 0, tokens, size, more.length);
      size += more.length;
    }

    int[] toArray() {
      return Arrays.copyOf(tokens, size);
    }
  }
}
