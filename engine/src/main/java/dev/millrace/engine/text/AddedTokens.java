package dev.millrace.engine.text;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds the added tokens of a text as the reference library does: from left to right, of those that
 * begin at the same place the longest. Immutable.
 */
final class AddedTokens {
  /** By their first character, the longest first. */
  private final Map<Character, List<AddedToken>> byFirst = new HashMap<>();

  /** The characters that {@link #byFirst} has, so that most others cost one look. */
  private final boolean[] firsts = new boolean[Character.MAX_VALUE + 1];

  /** None if some are looked for before others. */
  static Optional<AddedTokens> of(Collection<AddedToken> tokens) {
    boolean together = tokens.stream().map(AddedToken::normalized).distinct().count() <= 1;
    return together ? Optional.of(new AddedTokens(tokens)) : Optional.empty();
  }

  private AddedTokens(Collection<AddedToken> tokens) {
    for (AddedToken token : tokens) {
      char first = token.content().charAt(0);
      byFirst.merge(first, List.of(token), AddedTokens::longestFirst);
      firsts[first] = true;
    }
  }

  /** Where the next one begins, from {@code from} on; the text's length if there is none. */
  int next(String text, int from) {
    int start = from;
    while (start < text.length() && (!firsts[text.charAt(start)] || at(text, start) == null)) {
      start++;
    }
    return start;
  }

  /** The one that {@link #next} found. */
  AddedToken at(String text, int start) {
    for (AddedToken token : byFirst.getOrDefault(text.charAt(start), List.of())) {
      if (text.startsWith(token.content(), start)) {
        return token;
      }
    }
    return null;
  }

  private static List<AddedToken> longestFirst(List<AddedToken> some, List<AddedToken> more) {
    Comparator<AddedToken> length = Comparator.comparingInt(token -> token.content().length());
    return Stream.concat(some.stream(), more.stream()).sorted(length.reversed()).toList();
  }
}
