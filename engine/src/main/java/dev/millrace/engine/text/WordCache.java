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
    for (int end = endOfWord(text, 0); end > 0; end = endOfWord(text, end)) {
      if (WordTable.holds(text, start, end)) {
        if (rest < start) {
          tokens.add(tokenizer.apply(text.substring(rest, start)));
        }
        addWord(text, start, end, words, tokens);
        rest = end;
      }
      start = end;
    }
    if (rest < text.length()) {
      tokens.add(tokenizer.apply(text.substring(rest)));
    }
    return tokens.toArray();
  }

  private void addWord(String text, int start, int end, WordTable words, Tokens tokens) {
    int middle = Math.min(end, start + Long.BYTES);
    long first = WordTable.pack(text, start, middle);
    long last = WordTable.pack(text, middle, end);
    if (!tokens.add(words, first, last)) {
      int[] found = tokenizer.apply(text.substring(start, end));
      words.put(first, last, found);
      tokens.add(found);
    }
  }

  /** Where the next visible character stands that has a space after it, behind it; 0 if nowhere. */
  private static int endOfWord(String text, int from) {
    for (int i = from; i + 1 < text.length(); i++) {
      char c = text.charAt(i);
      if (c > ' ' && c <= '~' && text.charAt(i + 1) == ' ') {
        return i + 1;
      }
    }
    return 0;
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
