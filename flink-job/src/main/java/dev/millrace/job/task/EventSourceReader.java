package dev.millrace.job.task;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonPointer;
import dev.millrace.job.task.yaml.YamlObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParseException;

/** Reads {@code from}: a topic, the form of its events, and where in them the input is. */
final class EventSourceReader {
  private final YamlObject yaml;
  private final TaskFiles files;

  EventSourceReader(YamlObject yaml, TaskFiles files) {
    this.yaml = requireNonNull(yaml, "yaml");
    this.files = requireNonNull(files, "files");
  }

  EventSource read() {
    boolean avro = yaml.choice("format", Map.of("json", false, "avro", true)).orElse(false);
    EventSource source =
        new EventSource(
            yaml.requiredText("topic", "the name of the topic the events are in"),
            avro,
            schemas(avro),
            pointer(yaml, "id"),
            pointers("input"),
            pointers("attributes"));
    yaml.end();
    return source;
  }

  private List<Schema> schemas(boolean avro) {
    List<String> names = yaml.texts("schemas");
    if (!avro && !names.isEmpty()) {
      yaml.mistake("schemas", "is for Avro: say format: avro");
    }
    List<Schema> schemas = new ArrayList<>();
    names.forEach(name -> schema(name).ifPresent(schemas::add));
    return schemas;
  }

  private Optional<Schema> schema(String name) {
    Optional<String> text = files.reference(name);
    if (text.isEmpty()) {
      yaml.mistake("schemas", "there is no file %s beside the task file".formatted(name));
      return Optional.empty();
    }
    try {
      Schema schema = new Schema.Parser().parse(text.get());
      if (schema.getType() == Schema.Type.RECORD) {
        return Optional.of(schema);
      }
      yaml.mistake("schemas", "%s is a %s: an event is a record".formatted(name, schema.getType()));
    } catch (SchemaParseException e) {
      yaml.mistake("schemas", "%s is no Avro schema: %s".formatted(name, e.getMessage()));
    }
    return Optional.empty();
  }

  private Map<String, JsonPointer> pointers(String key) {
    Map<String, JsonPointer> pointers = new LinkedHashMap<>();
    Optional<YamlObject> section = yaml.object(key);
    if (section.isPresent()) {
      for (String name : section.get().keys()) {
        pointer(section.get(), name).ifPresent(pointer -> pointers.put(name, pointer));
      }
    }
    return pointers;
  }

  private static Optional<JsonPointer> pointer(YamlObject yaml, String key) {
    Optional<String> text = yaml.text(key);
    try {
      return text.map(JsonPointer::compile);
    } catch (IllegalArgumentException e) {
      yaml.mistake(
          key,
          "'%s' is no JSON Pointer: write it like /customer/name, or leave it empty for the whole event"
              .formatted(text.orElse("")));
      return Optional.empty();
    }
  }
}
