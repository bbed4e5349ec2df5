package dev.millrace.cli.report;

import java.util.ArrayList;
import java.util.List;

/** Text laid out for a terminal. */
public final class Paragraph {
  private static final String ELLIPSIS = "...";
  private static final String REPLACEMENT = "\uFFFD";

  private Paragraph() {}

  /**
   * Wraps a text at word boundaries, runs of white space taken as one space, and cuts it with an
   * ellipsis where it would need more lines. A word longer than a line is split. Control characters
   * are replaced: a model's answer must not command the terminal.
   *
   * @param width the most characters a line has, at least 8
   * @param maxLines the most lines, at least 1
   */
  public static List<String> wrap(String text, int width, int maxLines) {
    if (width < 8 || maxLines < 1) {
      throw new IllegalArgumentException("width " + width + ", lines " + maxLines);
    }
    List<String> lines = new ArrayList<>();
    String rest = text.replaceAll("\\s+", " ").replaceAll("\\p{Cc}", REPLACEMENT).strip();
    while (!rest.isEmpty() && lines.size() < maxLines) {
      int end = lineEnd(rest, width);
      lines.add(rest.substring(0, end));
      rest = rest.substring(end).stripLeading();
    }
    if (!rest.isEmpty()) {
      lines.set(maxLines - 1, shorten(lines.get(maxLines - 1), width));
    }
    return lines;
  }

  private static int lineEnd(String text, int width) {
    if (text.length() <= width) {
      return text.length();
    }
    int space = text.lastIndexOf(' ', width);
    return space > 0 ? space : splitPoint(text, width);
  }

  private static int splitPoint(String word, int width) {
    return Character.isLowSurrogate(word.charAt(width)) ? width - 1 : width;
  }

  private static String shorten(String line, int width) {
    return line.substring(0, Math.min(line.length(), width - ELLIPSIS.length())) + ELLIPSIS;
  }
}
