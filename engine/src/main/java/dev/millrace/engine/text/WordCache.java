package dev.millrace.engine.text;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Tokenises a text a few words at a time and remembers the tokens of words it has seen: a call of
 * the native library takes longer than looking up all the words of a page. For tokenizers that
 * {@linkplain PreTokenizer#cutsBeforeSpaces cut before spaces}; the tokens are the same as those of
 * the text at once. Safe for all threads.
 *
 * <p>Added tokens are cut out first, as the native library does. What is between them is cut before
 * spaces, into words with the signs around them. Where such a piece is too long for the table it is
 * cut into words with the tokenizer's own expression.
 */
final class WordCache {
  /**
   * Of a long piece no more words are learnt: what never comes again would take a call for each.
   */
  private static final int LEARNT_OF_A_PIECE = 8;

  private final Function<String, int[]> tokenizer;
  private final Optional<AddedTokens> addedTokens;
  private final Optional<Pattern> words;
  private final ThreadLocal<WordTable> tables = ThreadLocal.withInitial(WordTable::new);

  /**
   * @param tokenizer gives the tokens of any text
   * @param addedTokens all there are; empty if it takes the tokenizer to find them
   * @param words matches the words of a text without added tokens, if one expression does
   */
  WordCache(
      Function<String, int[]> tokenizer,
      Optional<AddedTokens> addedTokens,
      Optional<Pattern> words) {
    this.tokenizer = requireNonNull(tokenizer);
    this.addedTokens = requireNonNull(addedTokens);
    this.words = addedTokens.isEmpty() ? Optional.empty() : words;
  }

  int[] encode(String text) {
    return new Encoding(text, tables.get()).all();
  }

  /** One text on its way to tokens. */
  private final class Encoding {
    private final String text;
    private final WordTable table;
    private int[] tokens;
    private int size;

    /** Where the text begins that has no tokens yet. */
    private int rest;

    Encoding(String text, WordTable table) {
      this.text = text;
      this.table = table;
      this.tokens = new int[text.length() / 2 + WordTable.MOST_TOKENS];
    }

    int[] all() {
      addedTokens.ifPresentOrElse(this::cutAt, () -> section(0, text.length()));
      return Arrays.copyOf(tokens, size);
    }

    private void cutAt(AddedTokens added) {
      int start = added.next(text, 0);
      section(0, start);
      while (start < text.length()) {
        AddedToken token = added.at(text, start);
        add(token.id());
        rest = start + token.content().length();
        start = added.next(text, rest);
        section(rest, start);
      }
    }

    private void section(int from, int to) {
      int end;
      for (int start = from; start < to; start = end) {
        end = endOfPiece(start, to);
        if (WordTable.holds(text, start, end)) {
          if (!addKnown(start, end)) {
            learn(start, end);
          }
        } else if (words.isPresent() && isAscii(start, end)) {
          words(words.get().matcher(text).region(start, end));
        }
      }
      addAtOnce(to);
    }

    private void words(Matcher word) {
      int learnt = 0;
      while (word.find()) {
        if (WordTable.holds(text, word.start(), word.end())
            && !addKnown(word.start(), word.end())
            && learnt < LEARNT_OF_A_PIECE) {
          learn(word.start(), word.end());
          learnt++;
        }
      }
    }

    /** Behind the next visible ASCII character that has a space after it. */
    private int endOfPiece(int start, int to) {
      for (int i = start + 1; i < to; i++) {
        char before = text.charAt(i - 1);
        if (text.charAt(i) == ' ' && before > ' ' && before <= '~') {
          return i;
        }
      }
      return to;
    }

    /** Expressions mean the same to Java and to the native library there. */
    private boolean isAscii(int start, int end) {
      for (int i = start; i < end; i++) {
        if (text.charAt(i) > '~') {
          return false;
        }
      }
      return true;
    }

    /** Adds the tokens up to a word and of it, if the table has it. */
    private boolean addKnown(int start, int end) {
      int place = table.find(text, start, end);
      if (place == WordTable.NOWHERE) {
        return false;
      }
      addAtOnce(start);
      reserve(WordTable.MOST_TOKENS);
      size += table.copy(place, tokens, size);
      rest = end;
      return true;
    }

    private void learn(int start, int end) {
      addAtOnce(start);
      table.put(text, start, end, addAtOnce(end));
    }

    /** Has the tokenizer add the tokens of what is left up to a place, and returns them. */
    private int[] addAtOnce(int end) {
      if (rest == end) {
        return new int[0];
      }
      int[] found = tokenizer.apply(text.substring(rest, end));
      reserve(found.length);
      System.arraycopy(found, 0, tokens, size, found.length);
      size += found.length;
      rest = end;
      return found;
    }

    private void add(int token) {
      reserve(1);
      tokens[size++] = token;
    }

    private void reserve(int more) {
      if (size + more > tokens.length) {
        tokens = Arrays.copyOf(tokens, Math.max(2 * tokens.length, size + more));
      }
    }
  }
}
