package dev.millrace.engine.text;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Tokenises a text a few words at a time and remembers the tokens of words it has seen. For
 * tokenizers that {@linkplain PreTokenizer#cutsBeforeSpaces cut before spaces}; the tokens are the
 * same as those of the text at once, in a fraction of the time. Safe for all threads.
 */
final class WordCache {
  private static final int LONGEST_WORD = 20;
  private static final int MOST_WORDS = 50_000;

  private final Function<String, int[]> tokenizer;
  private final Map<String, int[]> words = new ConcurrentHashMap<>();

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
    for (int i = 0; i < text.length(); i++) {
      if (endsWord(text, i)) {
        if (i + 1 - start <= LONGEST_WORD) {
          if (rest < start) {
            tokens.add(tokenizer.apply(text.substring(rest, start)));
          }
          tokens.add(word(text.substring(start, i + 1)));
          rest = i + 1;
        }
        start = i + 1;
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

  private int[] word(String word) {
    int[] known = words.get(word);
    if (known != null) {
      return known;
    }
    int[] tokens = tokenizer.apply(word);
    if (words.size() >= MOST_WORDS) {
      words.clear(); // the common words are back soon
    }
    words.put(word, tokens);
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
