package dev.millrace.engine.constrain.grammar;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Transition;

/**
 * How JSON values are written: compact, with at most one space after a comma or colon, and each
 * character of a string in one way: as itself, or escaped where JSON has a short escape for it.
 * Other control characters are left out.
 */
final class JsonText {
  private static final String ESCAPED = "\"\\\b\f\n\r\t";
  private static final String ESCAPES = "\"\\bfnrt";
  private static final CharacterSet CONTROL = CharacterSet.range(0, 0x1F);

  /** What a string can contain. */
  static final CharacterSet CHARACTERS = CONTROL.complement().union(CharacterSet.of(ESCAPED));

  private static final CharacterSet LITERAL = CharacterSet.of(ESCAPED).union(CONTROL).complement();

  private JsonText() {}

  static Automaton comma() {
    return Languages.union(Languages.text(","), Languages.text(", "));
  }

  static Automaton colon() {
    return Languages.union(Languages.text(":"), Languages.text(": "));
  }

  /** The JSON strings whose contents are the texts of a language. */
  static Automaton string(Automaton contents) {
    return Languages.concat(Languages.text("\""), escaped(contents), Languages.text("\""));
  }

  /** The JSON string of one text. */
  static Automaton string(String text) {
    return string(Languages.text(text));
  }

  /** The one value, its members in their own order. */
  static Automaton value(JsonNode value) {
    if (value.isObject()) {
      return object(value);
    }
    if (value.isArray()) {
      List<Automaton> items = new ArrayList<>();
      value.forEach(item -> items.add(value(item)));
      return enclosed("[", items, "]");
    }
    if (value.isTextual()) {
      return string(value.asText());
    }
    return Languages.text(
        value.isNumber() ? value.decimalValue().toPlainString() : value.toString());
  }

  private static Automaton object(JsonNode value) {
    List<Automaton> members = new ArrayList<>();
    for (Map.Entry<String, JsonNode> member : value.properties()) {
      members.add(Languages.concat(string(member.getKey()), colon(), value(member.getValue())));
    }
    return enclosed("{", members, "}");
  }

  private static Automaton enclosed(String open, List<Automaton> parts, String close) {
    List<Automaton> text = new ArrayList<>();
    text.add(Languages.text(open));
    for (Automaton part : parts) {
      text.add(text.size() == 1 ? Automata.makeEmptyString() : comma());
      text.add(part);
    }
    text.add(Languages.text(close));
    return Languages.concat(text);
  }

  private static Automaton escaped(Automaton contents) {
    Automaton.Builder builder = new Automaton.Builder();
    for (int state = 0; state < contents.getNumStates(); state++) {
      builder.setAccept(builder.createState(), contents.isAccept(state));
    }
    Transition transition = new Transition();
    for (int state = 0; state < contents.getNumStates(); state++) {
      Map<Integer, Integer> backslashes = new HashMap<>();
      int count = contents.initTransition(state, transition);
      for (int i = 0; i < count; i++) {
        contents.getNextTransition(transition);
        addEscaped(builder, transition, backslashes);
      }
    }
    return builder.finish();
  }

  /**
   * @param backslashes the state after a backslash, for each state that a character leads to
   */
  private static void addEscaped(
      Automaton.Builder builder, Transition of, Map<Integer, Integer> backslashes) {
    LITERAL.addTransitions(builder, of.source, of.dest, of.min, of.max);
    for (int i = 0; i < ESCAPED.length(); i++) {
      char character = ESCAPED.charAt(i);
      if (of.min <= character && character <= of.max) {
        Integer backslash = backslashes.get(of.dest);
        if (backslash == null) {
          backslash = builder.createState();
          builder.addTransition(of.source, backslash, '\\');
          backslashes.put(of.dest, backslash);
        }
        builder.addTransition(backslash, of.dest, ESCAPES.charAt(i));
      }
    }
  }
}
