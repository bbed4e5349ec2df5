package dev.millrace.job.registry;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * What a registry said once, for a checkpoint to hold.
 *
 * @param subject that the schema is registered under, for writers; empty: what readers were told
 */
record KnownSchema(int id, String subject, String schema) {
  private static final JsonMapper MAPPER = new JsonMapper();

  KnownSchema {
    requireNonNull(subject, "subject");
    requireNonNull(schema, "schema");
  }

  String toJson() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("id", id)
        .put("subject", subject)
        .put("schema", schema)
        .toString();
  }

  static KnownSchema ofJson(String json) {
    try {
      JsonNode tree = MAPPER.readTree(json);
      return new KnownSchema(
          tree.get("id").intValue(),
          tree.get("subject").textValue(),
          tree.get("schema").textValue());
    } catch (IOException e) {
      throw new UncheckedIOException("a checkpoint's schema cannot be read", e);
    }
  }
}
