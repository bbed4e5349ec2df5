package dev.millrace.job.document;

import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToIntFunction;

/** Cuts a document into sentences, and one that is too long into words, or halves of them. */
final class PieceCutter {
  private final String document;
  private final ToIntFunction<String> tokens;
  private final int limit;
  private final List<Piece> pieces = new ArrayList<>();

  PieceCutter(String document, ToIntFunction<String> tokens, int limit) {
    this.document = document;
    this.tokens = tokens;
    this.limit = limit;
  }

  List<Piece> cut() {
    int start = 0;
    while (start < document.length()) {
      int end = lineEnd(start);
      cutParagraph(start, end);
      start = end;
    }
    return pieces;
  }

  /** After the line from {@code start} and the white space that follows it. */
  private int lineEnd(int start) {
    int newline = document.indexOf('\n', start);
    int end = newline < 0 ? document.length() : newline + 1;
    while (end < document.length() && Character.isWhitespace(document.charAt(end))) {
      end++;
    }
    return end;
  }

  private void cutParagraph(int start, int end) {
    BreakIterator sentences = BreakIterator.getSentenceInstance(Locale.ROOT);
    sentences.setText(document.substring(start, end));
    int from = 0;
    for (int to = sentences.next(); to != BreakIterator.DONE; to = sentences.next()) {
      cutSentence(start + from, start + to, start + to == end);
      from = to;
    }
  }

  private void cutSentence(int start, int end, boolean endsParagraph) {
    int count = tokens.applyAsInt(document.substring(start, end));
    if (count <= limit || document.codePointCount(start, end) < 2) {
      pieces.add(new Piece(start, end, count, endsParagraph));
      return;
    }
    int middle = middle(start, end);
    cutSentence(start, middle, false);
    cutSentence(middle, end, endsParagraph);
  }

  /** After the white space nearest to the middle, or the middle itself, not within a character. */
  private int middle(int start, int end) {
    int middle = (start + end) / 2;
    for (int distance = 0; distance < (end - start) / 2 - 1; distance++) {
      if (Character.isWhitespace(document.charAt(middle - distance))) {
        return middle - distance + 1;
      }
      if (Character.isWhitespace(document.charAt(middle + distance))) {
        return middle + distance + 1;
      }
    }
    if (!isWithinCharacter(middle)) {
      return middle;
    }
    return middle - 1 > start ? middle - 1 : middle + 1;
  }

  private boolean isWithinCharacter(int position) {
    return Character.isLowSurrogate(document.charAt(position));
  }
}
