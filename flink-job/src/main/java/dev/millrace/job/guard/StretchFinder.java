package dev.millrace.job.guard;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Has a finder look only at stretches of a text where there can be anything: characters of a kind
 * one after the other, with enough of those that are never missing. A pattern costs a hundred times
 * what this does, and ordinary text has few such stretches.
 */
final class StretchFinder implements Finder {
  private final BitSet allowed = new BitSet();
  private final BitSet needed = new BitSet();
  private final int least;
  private final Finder finder;

  /**
   * @param allowed the characters of which a find consists, ranges as {@code a-z}; a hyphen of its
   *     own comes last
   * @param needed some of them
   * @param least how many of those it has at least
   */
  StretchFinder(String allowed, String needed, int least, Finder finder) {
    add(allowed, this.allowed);
    add(needed, this.needed);
    this.least = least;
    this.finder = requireNonNull(finder, "finder");
  }

  private static void add(String characters, BitSet set) {
    for (int i = 0; i < characters.length(); i++) {
      if (i + 2 < characters.length() && characters.charAt(i + 1) == '-') {
        set.set(characters.charAt(i), characters.charAt(i + 2) + 1);
        i += 2;
      } else {
        set.set(characters.charAt(i));
      }
    }
  }

  @Override
  public List<Span> find(String text) {
    List<Span> found = new ArrayList<>();
    int start = 0;
    while (start < text.length()) {
      int end = start;
      int seen = 0;
      while (end < text.length() && allowed.get(text.charAt(end))) {
        seen += needed.get(text.charAt(end)) ? 1 : 0;
        end++;
      }
      if (seen >= least) {
        find(text, start, end, found);
      }
      start = end + 1;
    }
    return found;
  }

  /** With the characters around it, which say whether a word begins or ends there. */
  private void find(String text, int start, int end, List<Span> found) {
    int from = Math.max(0, start - 1);
    String stretch = text.substring(from, Math.min(text.length(), end + 1));
    for (Span span : finder.find(stretch)) {
      found.add(new Span(from + span.start(), from + span.end()));
    }
  }
}
