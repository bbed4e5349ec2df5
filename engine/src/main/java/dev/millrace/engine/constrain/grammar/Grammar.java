package dev.millrace.engine.constrain.grammar;

import dev.millrace.engine.ResponseFormat;
import dev.millrace.engine.ResponseFormatException;
import java.util.List;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;

/** The answers that a response format allows, as a regular language over Unicode characters. */
public final class Grammar {
  private Grammar() {}

  /**
   * Refuses a format that no model could keep to.
   *
   * @throws ResponseFormatException naming the keyword or the part of the pattern
   */
  public static void check(ResponseFormat format) {
    Languages.deterministic(of(format));
  }

  /**
   * Compiles a format.
   *
   * @throws ResponseFormatException naming the keyword or the part of the pattern that cannot be
   *     guaranteed
   */
  public static Automaton of(ResponseFormat format) {
    if (format instanceof ResponseFormat.Regex regex) {
      return regex(regex.pattern());
    } else if (format instanceof ResponseFormat.JsonSchema schema) {
      return SchemaCompiler.compile(schema.schema());
    } else if (format instanceof ResponseFormat.Choice choice) {
      List<Automaton> texts = choice.choices().stream().map(Languages::text).toList();
      return Languages.union(texts);
    }
    throw new IllegalArgumentException("unknown format " + format);
  }

  /**
   * The same for a vocabulary whose decoder drops one space at the beginning of a text: an answer
   * may have a space more in front, and must have one if it begins with a space itself.
   */
  public static Automaton withLeadingSpaceToStrip(ResponseFormat format) {
    Automaton language = of(format);
    Automaton space = Languages.text(" ");
    return Languages.union(
        Languages.concat(space, language),
        Languages.minus(language, Languages.startingWith(space)));
  }

  private static Automaton regex(String pattern) {
    Automaton language = RegexParser.whole(pattern);
    if (Operations.isEmpty(language)) {
      throw new ResponseFormatException("the pattern " + pattern + " matches no text");
    }
    return language;
  }
}
