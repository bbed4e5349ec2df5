package dev.millrace.engine.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;

/** Python's string methods, of which chat templates use these. */
final class PythonStrings {
  private PythonStrings() {}

  static String strip(String text) {
    return rstrip(lstrip(text));
  }

  static String strip(String text, String characters) {
    return rstrip(lstrip(text, characters), characters);
  }

  static String lstrip(String text) {
    return stripLeft(text, PythonStrings::isSpace);
  }

  static String lstrip(String text, String characters) {
    return stripLeft(text, c -> characters.indexOf(c) >= 0);
  }

  static String rstrip(String text) {
    return stripRight(text, PythonStrings::isSpace);
  }

  static String rstrip(String text, String characters) {
    return stripRight(text, c -> characters.indexOf(c) >= 0);
  }

  /** Pieces between runs of whitespace, none of them empty. */
  static List<String> split(String text) {
    List<String> pieces = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      if (i == text.length() || isSpace(text.charAt(i))) {
        if (start < i) {
          pieces.add(text.substring(start, i));
        }
        start = i + 1;
      }
    }
    return pieces;
  }

  /** Pieces between separators, at most {@code limit} cuts if that is not negative. */
  static List<String> split(String text, String separator, long limit) {
    if (separator.isEmpty()) {
      throw new ChatTemplateException("split: empty separator");
    }
    List<String> pieces = new ArrayList<>();
    int start = 0;
    int end = text.indexOf(separator);
    while (end >= 0 && (limit < 0 || pieces.size() < limit)) {
      pieces.add(text.substring(start, end));
      start = end + separator.length();
      end = text.indexOf(separator, start);
    }
    pieces.add(text.substring(start));
    return pieces;
  }

  static String removePrefix(String text, String prefix) {
    return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
  }

  static String removeSuffix(String text, String suffix) {
    return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
  }

  static String capitalize(String text) {
    return text.isEmpty()
        ? text
        : text.substring(0, 1).toUpperCase(Locale.ROOT)
            + text.substring(1).toLowerCase(Locale.ROOT);
  }

  static String title(String text) {
    StringBuilder title = new StringBuilder(text.length());
    boolean inWord = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      title.append(inWord ? Character.toLowerCase(c) : Character.toTitleCase(c));
      inWord = Character.isLetter(c);
    }
    return title.toString();
  }

  static List<String> splitlines(String text) {
    return Arrays.asList(text.split("\r\n|[\n\r\u000B\f\u001C-\u001E\u0085\u2028\u2029]"));
  }

  /** What str.isspace says of one character. */
  static boolean isSpace(int c) {
    return (c >= '\t' && c <= '\r')
        || (c >= 0x1C && c <= ' ')
        || c == 0x85
        || Character.isSpaceChar(c);
  }

  private static String stripLeft(String text, IntPredicate stripped) {
    int start = 0;
    while (start < text.length() && stripped.test(text.charAt(start))) {
      start++;
    }
    return text.substring(start);
  }

  private static String stripRight(String text, IntPredicate stripped) {
    int end = text.length();
    while (end > 0 && stripped.test(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(0, end);
  }
}
