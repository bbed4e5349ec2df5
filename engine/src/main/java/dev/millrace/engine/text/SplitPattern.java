package dev.millrace.engine.text;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.IntStream;

/**
 * The regular expression with which a byte-level tokenizer cuts a text into words before it looks
 * for tokens in each.
 *
 * <p>Answers one question: can a match go on from a visible ASCII character to a space? Where it
 * cannot, as in GPT-2's, Llama 3's and their relatives' expressions, every space that follows such
 * a character begins a new word, whatever stands around it. The answer is no only if that is
 * certain: what this class cannot read counts as a match that does.
 */
final class SplitPattern {
  /** Sees only the whitespace it ends, which no word ends with. */
  private static final String NOT_BEFORE_TEXT = "(?!\\S)";

  private final String source;
  private int position;

  private SplitPattern(String source) {
    this.source = source;
  }

  /** Whether every space after a visible ASCII character begins a word. */
  static boolean cutsBeforeSpaces(String regex) {
    try {
      return matchesEveryCharacter(regex) && new SplitPattern(regex).noMatchReachesASpace();
    } catch (PatternSyntaxException | IndexOutOfBoundsException unreadable) {
      return false;
    }
  }

  /** What no alternative matches would stay together with its neighbours. */
  private static boolean matchesEveryCharacter(String regex) {
    Pattern pattern = Pattern.compile(regex);
    return IntStream.rangeClosed(' ', '~')
        .allMatch(c -> pattern.matcher(Character.toString(c)).matches());
  }

  /** Reads the alternatives, one piece after the other. */
  private boolean noMatchReachesASpace() {
    boolean visible = false; // whether the alternative may have matched something visible by now
    while (position < source.length()) {
      if (source.charAt(position) == '|') {
        visible = false;
        position++;
        continue;
      }
      if (source.startsWith(NOT_BEFORE_TEXT, position)) {
        position += NOT_BEFORE_TEXT.length();
        continue;
      }
      String piece = piece();
      if (piece.equals("\\b")) {
        continue; // the end of a text and a space are the same to it
      }
      boolean repeats = repeats();
      boolean matchesSpace = mayMatch(piece, " ");
      boolean matchesVisible = mayMatchVisible(piece);
      if (matchesSpace && (visible || (repeats && matchesVisible))) {
        return false;
      }
      visible |= matchesVisible;
    }
    return true;
  }

  /** A character, a class or a group, without what repeats it. */
  private String piece() {
    int start = position;
    switch (source.charAt(position)) {
      case '[' -> position = closing(position, ']') + 1;
      case '(' -> position = group();
      case '\\' -> position += escapeLength();
      case '^', '$', ')', '*', '+', '?', '{', '.' -> throw unreadable();
      default -> position++;
    }
    return source.substring(start, position);
  }

  private int escapeLength() {
    char kind = source.charAt(position + 1);
    if (kind == 'p' || kind == 'P') {
      return closing(position, '}') + 1 - position;
    }
    if ("snrtbSdD".indexOf(kind) < 0 && Character.isLetterOrDigit(kind)) {
      throw unreadable();
    }
    return 2;
  }

  /** Groups of plain characters, which endings such as 's are. */
  private int group() {
    int end = closing(position, ')');
    String inside = source.substring(position, end);
    if (!inside.matches("\\(\\?(i)?:['\\w|]+")) {
      throw unreadable();
    }
    return end + 1;
  }

  private int closing(int from, char bracket) {
    int end = source.indexOf(bracket, from);
    String inside = source.substring(from + 1, end);
    if (bracket == ']'
        && (inside.contains("[") || inside.contains("&&") || inside.endsWith("\\"))) {
      throw unreadable();
    }
    return end;
  }

  /** Consumes what repeats a piece; whether it may then match more than one character. */
  private boolean repeats() {
    int start = position;
    while (position < source.length() && "?*+{".indexOf(source.charAt(position)) >= 0) {
      position = source.charAt(position) == '{' ? closing(position, '}') + 1 : position + 1;
    }
    String quantifier = source.substring(start, position);
    return !quantifier.isEmpty() && !quantifier.equals("?");
  }

  private static boolean mayMatchVisible(String piece) {
    return IntStream.rangeClosed('!', '~').anyMatch(c -> mayMatch(piece, Character.toString(c)));
  }

  private static boolean mayMatch(String piece, String text) {
    return piece.startsWith("(")
        ? !text.equals(" ") // the groups that are read have no spaces
        : Pattern.matches(piece, text);
  }

  private PatternSyntaxException unreadable() {
    return new PatternSyntaxException("not understood", source, position);
  }
}
