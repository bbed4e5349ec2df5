package dev.millrace.engine.constrain.grammar;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;

/**
 * The texts of objects: the named members in the schema's order, then others if {@code
 * additionalProperties} asks for them, or if no members are named at all.
 */
final class ObjectLanguage {
  private record Member(Automaton text, boolean required) {}

  private final SchemaCompiler compiler;

  ObjectLanguage(SchemaCompiler compiler) {
    this.compiler = requireNonNull(compiler);
  }

  Automaton of(SchemaNode schema) {
    if (schema.has("unevaluatedProperties")
        && schema.json().get("unevaluatedProperties").asBoolean(true)) {
      throw schema.refused("unevaluatedProperties", "is supported only as false");
    }
    Set<String> required = required(schema);
    Set<String> names = new LinkedHashSet<>();
    properties(schema).fieldNames().forEachRemaining(names::add);
    names.addAll(required);
    List<Member> members = new ArrayList<>();
    for (String name : names) {
      Automaton value = value(schema, name);
      if (!Operations.isEmpty(value)) {
        members.add(new Member(member(JsonText.string(name), value), required.contains(name)));
      } else if (required.contains(name)) {
        return Languages.empty();
      }
    }
    return of(members, others(schema, names));
  }

  private static JsonNode properties(SchemaNode schema) {
    JsonNode properties = schema.json().path("properties");
    if (!properties.isMissingNode() && !properties.isObject()) {
      throw schema.refused("properties", "needs an object");
    }
    return properties;
  }

  private static Set<String> required(SchemaNode schema) {
    Set<String> names = new LinkedHashSet<>();
    JsonNode required = schema.json().path("required");
    if (!required.isMissingNode() && !required.isArray()) {
      throw schema.refused("required", "needs an array of names");
    }
    required.forEach(name -> names.add(name.asText()));
    return names;
  }

  private Automaton value(SchemaNode schema, String name) {
    SchemaNode property = schema.child("properties").child(name);
    if (!property.json().isMissingNode()) {
      return compiler.language(property);
    }
    return schema.has("additionalProperties")
        ? compiler.language(schema.child("additionalProperties"))
        : compiler.anyValue();
  }

  /** The member of any other name. */
  private Optional<Automaton> others(SchemaNode schema, Set<String> names) {
    boolean asked = schema.has("additionalProperties");
    if (!asked && (schema.has("properties") || schema.has("unevaluatedProperties"))) {
      return Optional.empty();
    }
    Automaton value =
        asked ? compiler.language(schema.child("additionalProperties")) : compiler.anyValue();
    if (Operations.isEmpty(value)) {
      return Optional.empty();
    }
    Automaton name = Languages.repeat(JsonText.CHARACTERS.toLanguage(), 0, Languages.UNBOUNDED);
    if (!names.isEmpty()) {
      name = Languages.minus(name, Languages.union(names.stream().map(Languages::text).toList()));
    }
    return Optional.of(member(JsonText.string(name), value));
  }

  private static Automaton member(Automaton name, Automaton value) {
    return Languages.concat(name, JsonText.colon(), value);
  }

  /**
   * Built from the end: a state's ways out are complete before others take them over. {@code none}
   * and {@code some} stand before the same members, after none or some others.
   */
  private static Automaton of(List<Member> members, Optional<Automaton> other) {
    Graph graph = new Graph();
    int end = graph.state();
    graph.accept(end);
    int none = graph.state();
    int some = graph.state();
    graph.step(none, end, '}');
    graph.step(some, end, '}');
    if (other.isPresent()) {
      int comma = graph.state();
      graph.step(some, comma, ',');
      int member = graph.copy(other.get(), some);
      graph.step(comma, member, ' ');
      graph.skip(comma, member);
      graph.skip(none, member);
    }
    for (int i = members.size() - 1; i >= 0; i--) {
      int member = graph.copy(members.get(i).text(), some);
      int noneBefore = graph.state();
      int someBefore = graph.state();
      graph.skip(noneBefore, member);
      graph.step(someBefore, graph.afterComma(member), ',');
      if (!members.get(i).required()) {
        graph.skip(noneBefore, none);
        graph.skip(someBefore, some);
      }
      none = noneBefore;
      some = someBefore;
    }
    graph.step(graph.start(), none, '{');
    return graph.finish();
  }
}
