package dev.millrace.job.document;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * Cuts a document into parts of a limited number of tokens, where a paragraph ends if it can be,
 * else where a sentence ends, and within a sentence only if it alone is too long. Every character
 * of the document is in at least one part, in order; those of the overlap are in two.
 */
public final class DocumentSplitter {
  /** A paragraph's end is worth giving up this share of a part for. */
  private static final double PARAGRAPH_IS_WORTH = 0.3;

  private final ToIntFunction<String> tokens;

  /**
   * @param tokens counts the tokens of a text; the counts of two texts may add up to more than that
   *     of both together, but not to less
   */
  public DocumentSplitter(ToIntFunction<String> tokens) {
    this.tokens = requireNonNull(tokens, "tokens");
  }

  /**
   * Cuts a document.
   *
   * @param partTokens the most tokens of a part
   * @param overlapTokens the most tokens that a part repeats of the one before it, whole sentences
   *     only; at most half of a part
   */
  public List<String> split(String document, int partTokens, int overlapTokens) {
    if (partTokens < 1 || overlapTokens < 0 || overlapTokens > partTokens / 2) {
      throw new IllegalArgumentException(
          "parts of %d tokens cannot overlap by %d".formatted(partTokens, overlapTokens));
    }
    // A piece fits beside any overlap, so that every part goes on beyond the one before it.
    List<Piece> pieces = new PieceCutter(document, tokens, partTokens - overlapTokens).cut();
    List<String> parts = new ArrayList<>();
    int start = 0;
    int end = 0;
    while (end < pieces.size()) {
      int from = end;
      end = end(pieces, start, from, partTokens);
      parts.add(document.substring(pieces.get(start).start(), pieces.get(end - 1).end()));
      start = overlapStart(pieces, start, end, overlapTokens);
    }
    return parts;
  }

  /** Where the part from {@code start} ends, at least one piece after {@code from}. */
  private static int end(List<Piece> pieces, int start, int from, int limit) {
    int used = 0;
    int end = start;
    while (end < pieces.size() && (end <= from || used + pieces.get(end).tokens() <= limit)) {
      used += pieces.get(end).tokens();
      end++;
    }
    return end == pieces.size() ? end : paragraphEnd(pieces, from, end, limit);
  }

  /** The last end of a paragraph that is not too far back, or else {@code end}. */
  private static int paragraphEnd(List<Piece> pieces, int from, int end, int limit) {
    int givenUp = 0;
    for (int candidate = end; candidate > from + 1; candidate--) {
      if (pieces.get(candidate - 1).endsParagraph()) {
        return candidate;
      }
      givenUp += pieces.get(candidate - 1).tokens();
      if (givenUp > limit * PARAGRAPH_IS_WORTH) {
        return end;
      }
    }
    return end;
  }

  private static int overlapStart(List<Piece> pieces, int start, int end, int overlapTokens) {
    if (overlapTokens == 0) {
      return end; // white space may have no tokens, and is no overlap
    }
    int repeated = 0;
    int first = end;
    while (first - 1 > start && repeated + pieces.get(first - 1).tokens() <= overlapTokens) {
      first--;
      repeated += pieces.get(first).tokens();
    }
    return first;
  }
}
