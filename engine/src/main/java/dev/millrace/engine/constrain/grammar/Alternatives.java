package dev.millrace.engine.constrain.grammar;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Tells whether alternatives of {@code oneOf} exclude each other, in which case it means the same
 * as {@code anyOf}. They do if they are of different types, are different constants, or are objects
 * told apart by a required property.
 */
final class Alternatives {
  private final References references;

  Alternatives(References references) {
    this.references = requireNonNull(references);
  }

  /**
   * @throws dev.millrace.engine.ResponseFormatException if two alternatives might both hold
   */
  void requireDisjoint(SchemaNode schema, List<SchemaNode> alternatives) {
    List<SchemaNode> resolved = alternatives.stream().map(this::resolve).toList();
    for (int i = 0; i < resolved.size(); i++) {
      for (int j = i + 1; j < resolved.size(); j++) {
        if (!areDisjoint(resolved.get(i), resolved.get(j))) {
          throw schema.refused(
              "oneOf",
              "has alternatives %d and %d that might both hold: tell them apart by a required property with const, or use anyOf"
                  .formatted(i, j));
        }
      }
    }
  }

  private boolean areDisjoint(SchemaNode a, SchemaNode b) {
    Optional<Set<JsonNode>> constantsOfA = constants(a);
    Optional<Set<JsonNode>> constantsOfB = constants(b);
    if (constantsOfA.isPresent() && constantsOfB.isPresent()) {
      return haveNoneInCommon(constantsOfA.get(), constantsOfB.get());
    }
    Set<String> types = types(a);
    types.retainAll(types(b));
    if (types.isEmpty()) {
      return true;
    }
    return types.equals(Set.of("object")) && excludes(a, b) && excludes(b, a);
  }

  /** Whether no object that is generated for {@code a} is valid for {@code b}. */
  private boolean excludes(SchemaNode a, SchemaNode b) {
    boolean closed = a.has("properties") && !a.has("additionalProperties");
    for (String name : required(b)) {
      if (closed && !a.child("properties").has(name) && !required(a).contains(name)) {
        return true;
      }
    }
    for (String name : required(a)) {
      SchemaNode ofA = resolve(a.child("properties").child(name));
      SchemaNode ofB = resolve(b.child("properties").child(name));
      if (ofA.json().isObject() && ofB.json().isObject() && areDisjoint(ofA, ofB)) {
        return true;
      }
    }
    return false;
  }

  private SchemaNode resolve(SchemaNode schema) {
    SchemaNode resolved = schema;
    for (int i = 0; i < References.MOST_LEVELS && resolved.has("$ref"); i++) {
      resolved = references.target(resolved);
    }
    return resolved;
  }

  private static Set<String> required(SchemaNode schema) {
    Set<String> names = new TreeSet<>();
    schema.json().path("required").forEach(name -> names.add(name.asText()));
    return names;
  }

  private static Optional<Set<JsonNode>> constants(SchemaNode schema) {
    Set<JsonNode> values = new HashSet<>();
    if (schema.has("const")) {
      values.add(schema.json().get("const"));
    } else {
      schema.json().path("enum").forEach(values::add);
    }
    return values.isEmpty() ? Optional.empty() : Optional.of(values);
  }

  /** 1 and 1.0 are one number, but two nodes. */
  private static boolean haveNoneInCommon(Set<JsonNode> a, Set<JsonNode> b) {
    return a.stream()
        .noneMatch(
            x ->
                b.stream()
                    .anyMatch(
                        y ->
                            x.equals(y)
                                || (x.isNumber()
                                    && y.isNumber()
                                    && x.decimalValue().compareTo(y.decimalValue()) == 0)));
  }

  /** Every type a schema may be of; an integer is a number. */
  private static Set<String> types(SchemaNode schema) {
    List<String> names = new ArrayList<>();
    if (schema.json().path("type").isTextual()) {
      names.add(schema.json().get("type").asText());
    }
    schema.json().path("type").forEach(name -> names.add(name.asText()));
    constants(schema).orElse(Set.of()).forEach(value -> names.add(typeOf(value)));
    if (names.isEmpty()) {
      names.addAll(Set.of("string", "number", "boolean", "null", "array", "object"));
    }
    Set<String> types = new TreeSet<>(names);
    if (types.remove("integer")) {
      types.add("number");
    }
    return types;
  }

  private static String typeOf(JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> "string";
      case NUMBER -> "number";
      case BOOLEAN -> "boolean";
      case ARRAY -> "array";
      case OBJECT -> "object";
      default -> "null";
    };
  }
}
