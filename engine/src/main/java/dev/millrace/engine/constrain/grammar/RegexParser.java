package dev.millrace.engine.constrain.grammar;

import static dev.millrace.engine.constrain.grammar.Languages.UNBOUNDED;

import dev.millrace.engine.ResponseFormatException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;

/**
 * Reads the part of regular expressions that is regular and that Java and ECMAScript read alike.
 * What only one of them has, or what no automaton can do, is refused by name: lookaround, back
 * references, word boundaries, flags, possessive quantifiers.
 *
 * <p>A lazy quantifier is an eager one here: they match the same texts. {@code \d}, {@code \w} and
 * {@code \s} are ASCII, {@code .} is no line terminator of either dialect.
 */
final class RegexParser {
  private static final int END = -1;
  private static final int MOST_REPETITIONS = 10_000;

  private static final CharacterSet DIGITS = CharacterSet.range('0', '9');
  private static final CharacterSet WORD =
      DIGITS
          .union(CharacterSet.range('A', 'Z'))
          .union(CharacterSet.range('a', 'z'))
          .union(CharacterSet.of("_"));
  private static final CharacterSet SPACE = CharacterSet.of(" \t\n\u000B\f\r");
  private static final CharacterSet DOT = CharacterSet.of("\n\r\u0085\u2028\u2029").complement();

  private final String pattern;
  private final int[] characters;
  private int position;

  private RegexParser(String pattern) {
    this.pattern = pattern;
    this.characters = pattern.codePoints().toArray();
  }

  /** The texts that match the pattern as a whole. */
  static Automaton whole(String pattern) {
    return new RegexParser(pattern).parse(Automata.makeEmptyString());
  }

  /** The texts in which the pattern occurs. */
  static Automaton within(String pattern) {
    return new RegexParser(pattern).parse(Languages.repeat(CharacterSet.all().toLanguage(), 0, -1));
  }

  /**
   * @param around what may stand before and after a match that is not anchored there
   */
  private Automaton parse(Automaton around) {
    List<Automaton> branches = new ArrayList<>();
    do {
      Automaton before = take('^') ? Automata.makeEmptyString() : around;
      Automaton match = sequence();
      Automaton after = take('$') ? Automata.makeEmptyString() : around;
      branches.add(Languages.concat(before, match, after));
    } while (take('|'));
    if (peek() != END) {
      throw refused(peek() == ')' ? "an unopened )" : "$ before the end");
    }
    return Languages.union(branches);
  }

  private Automaton alternatives() {
    List<Automaton> branches = new ArrayList<>();
    do {
      branches.add(sequence());
    } while (take('|'));
    return Languages.union(branches);
  }

  private Automaton sequence() {
    List<Automaton> terms = new ArrayList<>();
    while (peek() != END && peek() != '|' && peek() != ')' && peek() != '$') {
      terms.add(quantified(term()));
    }
    return terms.isEmpty() ? Automata.makeEmptyString() : Languages.concat(terms);
  }

  private Automaton term() {
    int c = next();
    return switch (c) {
      case '(' -> group();
      case '[' -> characterClass().toLanguage();
      case '.' -> DOT.toLanguage();
      case '\\' -> escaped().toLanguage();
      case '^' -> throw refused("^ after the beginning");
      case '*', '+', '?' -> throw refused("a quantifier with nothing before it");
      case '{' -> throw refused("{ with nothing to repeat: write \\{ for the character");
      default -> character(c).toLanguage();
    };
  }

  private Automaton group() {
    if (take('?')) {
      int kind = next();
      if (kind == '<' && peek() != '=' && peek() != '!') {
        skipName();
      } else if (kind != ':') {
        throw refused("lookaround, flags or another group (?" + Character.toString(kind));
      }
    }
    Automaton inner = alternatives();
    if (!take(')')) {
      throw refused(peek() == '$' ? "$ before the end" : "a group without )");
    }
    return inner;
  }

  private void skipName() {
    while (next() != '>') {
      if (peek() == END) {
        throw refused("a group name without >");
      }
    }
  }

  private Automaton quantified(Automaton term) {
    Automaton result = term;
    int c = peek();
    if (c == '*' || c == '+' || c == '?') {
      position++;
      result = Languages.repeat(term, c == '+' ? 1 : 0, c == '?' ? 1 : UNBOUNDED);
    } else if (c == '{') {
      position++;
      result = counted(term);
    } else {
      return term;
    }
    take('?');
    if (peek() == '+' || peek() == '*' || peek() == '?' || peek() == '{') {
      throw refused("a possessive or doubled quantifier");
    }
    return result;
  }

  private Automaton counted(Automaton term) {
    int min = count();
    int max = min;
    if (take(',')) {
      max = peek() == '}' ? UNBOUNDED : count();
    }
    if (!take('}')) {
      throw refused("{ without a count such as {2,3}: write \\{ for the character");
    }
    if (max != UNBOUNDED && max < min) {
      throw refused("the repetition {%d,%d}".formatted(min, max));
    }
    return Languages.repeat(term, min, max);
  }

  private int count() {
    int start = position;
    long count = 0;
    while (peek() >= '0' && peek() <= '9' && count <= MOST_REPETITIONS) {
      count = 10 * count + next() - '0';
    }
    if (position == start) {
      throw refused("{ without a count such as {2,3}: write \\{ for the character");
    }
    if (count > MOST_REPETITIONS) {
      throw refused("a repetition of more than " + MOST_REPETITIONS);
    }
    return (int) count;
  }

  private CharacterSet characterClass() {
    boolean negated = take('^');
    CharacterSet set = CharacterSet.of("");
    do {
      set = set.union(classItem());
    } while (!take(']'));
    return negated ? set.complement() : set;
  }

  private CharacterSet classItem() {
    int c = next();
    if (c == ']' || c == '[' || (c == '&' && peek() == '&')) {
      throw refused("an unescaped " + Character.toString(c) + " in a character class");
    }
    CharacterSet first = c == '\\' ? escaped() : character(c);
    if (peek() != '-' || position + 1 >= characters.length || characters[position + 1] == ']') {
      return first;
    }
    position++;
    int d = next();
    if (d == '[') {
      throw refused("an unescaped [ in a character class");
    }
    CharacterSet last = d == '\\' ? escaped() : character(d);
    int from = first.onlyCharacter();
    int to = last.onlyCharacter();
    if (from < 0 || to < from) {
      throw refused("a character range that does not go from one character to a later one");
    }
    return CharacterSet.range(from, to);
  }

  private CharacterSet escaped() {
    int c = next();
    return switch (c) {
      case 'd' -> DIGITS;
      case 'D' -> DIGITS.complement();
      case 'w' -> WORD;
      case 'W' -> WORD.complement();
      case 's' -> SPACE;
      case 'S' -> SPACE.complement();
      case 'p', 'P' -> property(c);
      case 't' -> CharacterSet.of("\t");
      case 'n' -> CharacterSet.of("\n");
      case 'r' -> CharacterSet.of("\r");
      case 'f' -> CharacterSet.of("\f");
      case 'x' -> character(hexadecimal(2));
      case 'u' -> character(unicode());
      default -> {
        if (c < 0x80 && Character.isLetterOrDigit(c)) {
          throw refused("\\" + Character.toString(c));
        }
        yield character(c);
      }
    };
  }

  private int unicode() {
    int unit = hexadecimal(4);
    if (Character.isHighSurrogate((char) unit) && peek() == '\\') {
      position += 2;
      return Character.toCodePoint((char) unit, (char) hexadecimal(4));
    }
    return unit;
  }

  private int hexadecimal(int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = Character.digit(next(), 16);
      if (digit < 0) {
        throw refused("an escape without its %d hexadecimal digits".formatted(digits));
      }
      value = 16 * value + digit;
    }
    return value;
  }

  /** A Unicode property as Java knows it. */
  private CharacterSet property(int kind) {
    int start = position;
    if (next() == '{') {
      while (next() != '}') {
        if (peek() == END) {
          throw refused("a property without }");
        }
      }
    }
    String name = new String(characters, start, position - start);
    try {
      Pattern property = Pattern.compile("\\" + Character.toString(kind) + name);
      BitSet members = new BitSet();
      for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
        if (property.matcher(Character.toString(c)).matches()) {
          members.set(c);
        }
      }
      return new CharacterSet(members);
    } catch (PatternSyntaxException e) {
      throw refused("the property \\%s%s".formatted(Character.toString(kind), name));
    }
  }

  private CharacterSet character(int c) {
    if (c > Character.MAX_CODE_POINT || (c >= 0xD800 && c <= 0xDFFF)) {
      throw refused("a surrogate or a number beyond Unicode");
    }
    return CharacterSet.range(c, c);
  }

  private int peek() {
    return position < characters.length ? characters[position] : END;
  }

  private int next() {
    if (position == characters.length) {
      throw refused("an unexpected end");
    }
    return characters[position++];
  }

  private boolean take(int expected) {
    if (peek() != expected) {
      return false;
    }
    position++;
    return true;
  }

  private ResponseFormatException refused(String what) {
    return new ResponseFormatException(
        "the pattern %s has %s near character %d, which is not supported"
            .formatted(pattern, what, position));
  }
}
