package dev.millrace.engine.constrain.grammar;

import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which keywords of JSON Schema are honoured, which say nothing about validity, which are refused.
 */
final class Keywords {
  private static final Set<String> ANNOTATIONS =
      Set.of(
          "$schema",
          "$id",
          "$comment",
          "$defs",
          "definitions",
          "title",
          "description",
          "default",
          "examples",
          "deprecated",
          "readOnly",
          "writeOnly");

  private static final Set<String> COMBINING =
      Set.of("type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref");

  private static final Map<String, List<String>> BY_TYPE =
      Map.of(
          "string", List.of("minLength", "maxLength", "pattern", "format"),
          "number",
              List.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
          "array", List.of("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
          "object",
              List.of("properties", "required", "additionalProperties", "unevaluatedProperties"));

  private Keywords() {}

  /**
   * @throws dev.millrace.engine.ResponseFormatException if the schema has a keyword that is not
   *     honoured: an answer could be invalid
   */
  static void check(SchemaNode schema) {
    Iterator<String> names = schema.json().fieldNames();
    while (names.hasNext()) {
      String name = names.next();
      boolean known =
          ANNOTATIONS.contains(name)
              || COMBINING.contains(name)
              || name.startsWith("x-")
              || BY_TYPE.values().stream().anyMatch(keywords -> keywords.contains(name));
      if (!known) {
        throw schema.refused(name, "is not supported: leave it out");
      }
    }
  }

  /** The types that a schema without a type speaks of by its keywords. */
  static Set<String> impliedTypes(SchemaNode schema) {
    Set<String> types = new TreeSet<>();
    BY_TYPE.forEach(
        (type, keywords) -> {
          if (keywords.stream().anyMatch(schema::has)) {
            types.add(type);
          }
        });
    return types;
  }
}
