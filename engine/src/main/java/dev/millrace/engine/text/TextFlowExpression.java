package dev.millrace.engine.text;

import dev.millrace.engine.text.TextFlow.Use;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * One expression of a chat template, rewritten with a letter for each operand: {@code t} a text,
 * {@code m} a message, {@code l} messages, {@code s} a string, {@code n} anything else that depends
 * on no text, {@code k} a word such as {@code in}, {@code x} what reads a text; operators and
 * brackets stay.
 */
final class TextFlowExpression {
  /** A string, in a form that takes no recursion for each character; a word; or any other sign. */
  private static final Pattern TOKEN =
      Pattern.compile(
          "'[^'\\\\]*+(?:\\\\.[^'\\\\]*+)*+'|\"[^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+\"|\\w+|\\S",
          Pattern.DOTALL);

  private static final Set<String> WORDS = Set.of("in", "not", "is", "and", "or", "if", "else");

  /** What a message may be asked for besides its text: the same whatever the text. */
  private static final Set<String> KEYS =
      Set.of("role", "name", "tool_calls", "tool_call_id", "reasoning_content", "thinking");

  /** Other messages, by names that do not tell. */
  private static final Set<String> NEIGHBOURS = Set.of("previtem", "nextitem");

  private static final Pattern BESIDE_OTHERS =
      Pattern.compile("[tsn](?:[+~][tsn])*|\\([tsn](?:[+~][tsn])*\\)");

  private final List<String> tokens;
  private final Map<String, Use> names;
  private final StringBuilder written = new StringBuilder();
  private int position;

  /**
   * @param names what hold messages and texts
   */
  TextFlowExpression(String expression, Map<String, Use> names) {
    this.tokens = TOKEN.matcher(expression).results().map(MatchResult::group).toList();
    this.names = names;
  }

  Use use() {
    while (position < tokens.size()) {
      written.append(letter(tokens.get(position++)));
    }
    String letters = written.toString();
    if (letters.equals("l")) {
      return Use.LIST;
    } else if (letters.equals("m")) {
      return Use.MESSAGE;
    } else if (letters.indexOf('x') >= 0
        || letters.indexOf('l') >= 0
        || letters.indexOf('m') >= 0) {
      return Use.READ;
    } else if (letters.indexOf('t') < 0) {
      return Use.NONE;
    }
    return BESIDE_OTHERS.matcher(letters).matches() ? Use.TEXT : Use.READ;
  }

  private char letter(String token) {
    char first = token.charAt(0);
    if (first == '\'' || first == '"') {
      return token.length() > 1 ? 's' : 'x';
    } else if (!Character.isLetterOrDigit(first) && first != '_') {
      return first;
    } else if (WORDS.contains(token)) {
      return 'k';
    } else if (NEIGHBOURS.contains(token)) {
      return 'x';
    }
    return switch (names.getOrDefault(token, Use.NONE)) {
      case LIST -> list();
      case MESSAGE -> message();
      case TEXT -> text();
      default -> 'n';
    };
  }

  private char list() {
    if (skip("\\[", "\\d+", "\\]") || skip("\\[", "-", "\\d+", "\\]")) {
      return message();
    }
    if (skip("\\|", "length|count")) {
      return goesOn() ? 'x' : 'n';
    }
    if (comes("\\[", "\\d+", ":", "\\]")) {
      position += 4;
    }
    return goesOn() ? 'x' : 'l';
  }

  private char message() {
    String key;
    if (comes("\\.", "\\w+")) {
      key = tokens.get(position + 1);
      position += 2;
    } else if (comes("\\[", "['\"].*", "\\]")) {
      String quoted = tokens.get(position + 1);
      key = quoted.substring(1, quoted.length() - 1);
      position += 3;
    } else {
      return goesOn() ? 'x' : isAskedForAKey() ? 'n' : 'm';
    }
    if (key.equals("content")) {
      if (!skip("\\|", "trim")) {
        skip("\\.", "strip", "\\(", "\\)");
      }
      return text();
    }
    return KEYS.contains(key) && !comes("\\(") ? 'n' : 'x';
  }

  /** {@code 'name' in message}. */
  private boolean isAskedForAKey() {
    int end = written.length();
    return position > 1
        && tokens.get(position - 2).equals("in")
        && end > 1
        && (written.charAt(end - 2) == 's' || written.charAt(end - 2) == 'k');
  }

  private char text() {
    return goesOn() ? 'x' : 't';
  }

  /** Whether something is done to the operand that was just read. */
  private boolean goesOn() {
    return comes("[\\[.|(]");
  }

  private boolean skip(String... patterns) {
    boolean comes = comes(patterns);
    if (comes) {
      position += patterns.length;
    }
    return comes;
  }

  private boolean comes(String... patterns) {
    if (position + patterns.length > tokens.size()) {
      return false;
    }
    for (int i = 0; i < patterns.length; i++) {
      if (!Pattern.matches("(?s)" + patterns[i], tokens.get(position + i))) {
        return false;
      }
    }
    return true;
  }
}
