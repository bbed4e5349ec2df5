package dev.millrace.engine.constrain.grammar;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.lucene.util.automaton.Automaton;

/**
 * Follows {@code $ref} within one schema document, and only so deep: below the deepest level a
 * recursive part has no texts, so that values end there.
 */
final class References {
  static final int MOST_LEVELS = 5;

  private final JsonNode root;
  private final Map<String, Integer> levels = new HashMap<>();

  References(JsonNode root) {
    this.root = requireNonNull(root);
  }

  /** The language of what a schema's {@code $ref} points to. */
  Automaton follow(SchemaNode schema, Function<SchemaNode, Automaton> compiler) {
    SchemaNode target = target(schema);
    return nested("#" + target.pointer(), () -> compiler.apply(target));
  }

  /** What a schema's {@code $ref} points to. */
  SchemaNode target(SchemaNode schema) {
    String reference = schema.text("$ref").orElseThrow();
    if (!reference.equals("#") && !reference.startsWith("#/")) {
      throw schema.refused(
          "$ref",
          "is \"%s\": only references within the schema are supported".formatted(reference));
    }
    String pointer =
        URLDecoder.decode(reference.substring(1).replace("+", "%2B"), StandardCharsets.UTF_8);
    JsonNode target = root.at(JsonPointer.compile(pointer));
    if (target.isMissingNode()) {
      throw schema.refused("$ref", "is \"%s\", where there is nothing".formatted(reference));
    }
    return new SchemaNode(target, pointer);
  }

  /** A language that may contain itself, by name. */
  Automaton nested(String name, Supplier<Automaton> language) {
    int level = levels.merge(name, 1, Integer::sum);
    try {
      return level > MOST_LEVELS ? Languages.empty() : language.get();
    } finally {
      levels.merge(name, -1, Integer::sum);
    }
  }
}
