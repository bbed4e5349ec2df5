package dev.millrace.engine.text;

import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;

/** Python's {@code str} and {@code repr} of the values that templates have. */
final class PythonText {
  private PythonText() {}

  /** Whether {@code str} of the value is written here; Java's is as good for the others. */
  static boolean isDifferent(Object value) {
    return value instanceof Boolean
        || value instanceof Collection
        || value instanceof Map
        || value instanceof PythonNone;
  }

  static String str(Object value) {
    return value instanceof CharSequence text ? text.toString() : repr(value);
  }

  static String repr(Object value) {
    if (value == null) {
      return "Undefined";
    } else if (value instanceof CharSequence text) {
      return quoted(text.toString());
    } else if (value instanceof Boolean truth) {
      return truth ? "True" : "False";
    } else if (value instanceof Map<?, ?> map) {
      return map.entrySet().stream()
          .map(entry -> repr(entry.getKey()) + ": " + repr(entry.getValue()))
          .collect(Collectors.joining(", ", "{", "}"));
    } else if (value instanceof Collection<?> items) {
      return items.stream().map(PythonText::repr).collect(Collectors.joining(", ", "[", "]"));
    }
    return value.toString();
  }

  /** In single quotes, unless there are single quotes within and no double ones. */
  private static String quoted(String text) {
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    StringBuilder quoted = new StringBuilder(text.length() + 2).append(quote);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        case '\\' -> quoted.append("\\\\");
        default -> {
          if (c == quote) {
            quoted.append('\\');
          }
          quoted.append(c);
        }
      }
    }
    return quoted.append(quote).toString();
  }
}
