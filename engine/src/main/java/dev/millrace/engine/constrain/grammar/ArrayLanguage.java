package dev.millrace.engine.constrain.grammar;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;

/** The texts of arrays: their first items each by a schema of its own, the others by one. */
final class ArrayLanguage {
  private final SchemaCompiler compiler;

  ArrayLanguage(SchemaCompiler compiler) {
    this.compiler = requireNonNull(compiler);
  }

  Automaton of(SchemaNode schema) {
    if (schema.json().path("uniqueItems").asBoolean()) {
      throw schema.refused("uniqueItems", "is not supported: leave it out");
    }
    List<Automaton> first = first(schema);
    Automaton rest = rest(schema);
    int min = schema.count("minItems", 0);
    int max = schema.count("maxItems", Languages.UNBOUNDED);
    if (Operations.isEmpty(rest)) {
      max = max == Languages.UNBOUNDED ? first.size() : Math.min(max, first.size());
    }
    if (max != Languages.UNBOUNDED && max < min) {
      return Languages.empty();
    }
    int positions = max == Languages.UNBOUNDED ? Math.max(min, first.size() + 1) : max;
    requireRoom(schema, positions, rest);
    return of(items(first, rest, positions), min, max == Languages.UNBOUNDED);
  }

  private List<Automaton> first(SchemaNode schema) {
    List<Automaton> first = new ArrayList<>();
    if (schema.has("prefixItems")) {
      for (SchemaNode item : schema.children("prefixItems")) {
        first.add(compiler.language(item));
      }
    }
    return first;
  }

  private Automaton rest(SchemaNode schema) {
    if (!schema.has("items")) {
      return compiler.anyValue();
    }
    if (schema.json().get("items").isArray()) {
      throw schema.refused("items", "is an array, as in older drafts: use prefixItems");
    }
    return compiler.language(schema.child("items"));
  }

  private static void requireRoom(SchemaNode schema, int positions, Automaton rest) {
    if ((long) positions * rest.getNumStates() > Languages.MOST_STATES) {
      throw schema.refused(
          schema.has("maxItems") ? "maxItems" : "minItems",
          "makes %d items of %d states each, more than the %d states that a format may take: lower it, or the bounds of the items"
              .formatted(positions, rest.getNumStates(), Languages.MOST_STATES));
    }
  }

  /** One language per position; without a maximum the last one may repeat. */
  private static List<Automaton> items(List<Automaton> first, Automaton rest, int positions) {
    List<Automaton> items = new ArrayList<>();
    for (int i = 0; i < positions; i++) {
      items.add(i < first.size() ? first.get(i) : rest);
    }
    return items;
  }

  /** Built from the end: a state's ways out are complete before others take them over. */
  private static Automaton of(List<Automaton> items, int min, boolean repeats) {
    Graph graph = new Graph();
    int end = graph.state();
    graph.accept(end);
    int after = graph.state(); // the items so far
    graph.step(after, end, ']');
    int open = graph.start();
    for (int i = items.size() - 1; i >= 0; i--) {
      int comma = -1;
      if (repeats && i == items.size() - 1) {
        comma = graph.state();
        graph.step(after, comma, ',');
      }
      int item = graph.copy(items.get(i), after);
      if (comma >= 0) {
        graph.step(comma, item, ' ');
        graph.skip(comma, item);
      }
      int before = graph.state();
      if (i >= min) {
        graph.step(before, end, ']');
      }
      if (i == 0) {
        graph.skip(before, item);
      } else {
        graph.step(before, graph.afterComma(item), ',');
      }
      after = before;
    }
    graph.step(open, after, '[');
    return graph.finish();
  }
}
