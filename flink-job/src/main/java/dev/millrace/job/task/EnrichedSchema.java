package dev.millrace.job.task;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.JsonProperties;
import org.apache.avro.Schema;

/**
 * An event's schema with the fields that a task adds at its end. Each may be null and is by
 * default, so that readers of the old schema and of the new one understand both.
 *
 * @param whole the event's fields and the added ones, under the event's own name
 * @param addedFields the added ones alone
 */
public record EnrichedSchema(Schema whole, Schema addedFields) {
  public EnrichedSchema {
    requireNonNull(whole, "whole");
    requireNonNull(addedFields, "addedFields");
  }

  /**
   * Adds a task's fields to a schema.
   *
   * @throws IllegalArgumentException if the schema has such a field, or a field has no Avro type
   */
  public static EnrichedSchema of(Schema event, TaskKind.Enrich kind) {
    List<Schema.Field> fields = new ArrayList<>();
    for (Schema.Field field : event.getFields()) {
      fields.add(new Schema.Field(field, field.schema()));
    }
    for (Schema.Field added : added(event, kind)) {
      if (event.getField(added.name()) != null) {
        throw new IllegalArgumentException(
            "the event %s has a field '%s' already".formatted(event.getName(), added.name()));
      }
      fields.add(added);
    }
    return new EnrichedSchema(
        record(event, event.getName(), event.getNamespace(), fields),
        record(event, event.getName() + "Added", event.getNamespace(), added(event, kind)));
  }

  private static Schema record(
      Schema event, String name, String namespace, List<Schema.Field> fields) {
    Schema record = Schema.createRecord(name, event.getDoc(), namespace, false);
    event.getObjectProps().forEach(record::addProp);
    record.setFields(fields);
    return record;
  }

  private static List<Schema.Field> added(Schema event, TaskKind.Enrich kind) {
    List<Schema.Field> added = new ArrayList<>();
    if (kind.into().isPresent()) {
      String into = kind.into().get();
      Schema group =
          Schema.createRecord(event.getName() + "_" + into, null, event.getNamespace(), false);
      group.setFields(
          kind.fields().entrySet().stream()
              .map(field -> new Schema.Field(field.getKey(), type(field)))
              .toList());
      added.add(nullable(into, group));
    } else {
      kind.fields().entrySet().forEach(field -> added.add(nullable(field.getKey(), type(field))));
    }
    if (kind.onInvalid() == TaskKind.OnInvalid.PASS) {
      added.add(nullable(kind.mark(), Schema.create(Schema.Type.STRING)));
    }
    return added;
  }

  private static Schema.Field nullable(String name, Schema type) {
    return new Schema.Field(
        name,
        Schema.createUnion(Schema.create(Schema.Type.NULL), type),
        null,
        JsonProperties.NULL_VALUE);
  }

  private static Schema type(Map.Entry<String, JsonNode> field) {
    return type(field.getKey(), field.getValue());
  }

  private static Schema type(String name, JsonNode jsonSchema) {
    String type = jsonSchema.path("type").asText(jsonSchema.has("enum") ? "string" : "");
    return switch (type) {
      case "string" -> Schema.create(Schema.Type.STRING);
      case "integer" -> Schema.create(Schema.Type.LONG);
      case "number" -> Schema.create(Schema.Type.DOUBLE);
      case "boolean" -> Schema.create(Schema.Type.BOOLEAN);
      case "array" -> Schema.createArray(type(name, jsonSchema.path("items")));
      default ->
          throw new IllegalArgumentException(
              "field '%s' has no Avro type: give it the type string, integer, number, boolean, or array of these"
                  .formatted(name));
    };
  }
}
