package dev.millrace.engine.text;

/** Walks over the inside of a Jinja tag, a string literal at a time, counting open brackets. */
final class JinjaScanner {
  private final String source;
  private int position;
  private int depth;

  JinjaScanner(String source, int start) {
    this.source = source;
    this.position = start;
  }

  int position() {
    return position;
  }

  boolean isAtEnd() {
    return position >= source.length();
  }

  /** Whether no bracket is open. */
  boolean isOutermost() {
    return depth == 0;
  }

  void advance() {
    char c = source.charAt(position);
    switch (c) {
      case '(', '[', '{' -> depth++;
      case ')', ']', '}' -> depth--;
      case '\'', '"' -> skipString(c);
      default -> {}
    }
    position++;
  }

  /** Ends at the closing quote, or at the end of the source. */
  private void skipString(char quote) {
    position++;
    while (position < source.length() && source.charAt(position) != quote) {
      position += source.charAt(position) == '\\' ? 2 : 1;
    }
  }
}
