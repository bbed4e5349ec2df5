package dev.millrace.job.task;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonPointer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;

/**
 * A topic of arbitrary events, each of which is one input of a task.
 *
 * @param topic its name
 * @param isAvro whether its events are Avro; else they are JSON
 * @param schemas the Avro schemas its events are written with, the newest last; empty: a schema
 *     registry has them
 * @param id where an event's id is; empty: topic, partition and offset make one
 * @param input where each of the task's inputs is
 * @param attributes where each attribute of the request is
 */
public record EventSource(
    String topic,
    boolean isAvro,
    List<Schema> schemas,
    Optional<JsonPointer> id,
    Map<String, JsonPointer> input,
    Map<String, JsonPointer> attributes) {
  public EventSource {
    requireNonNull(topic, "topic");
    schemas = List.copyOf(schemas);
    requireNonNull(id, "id");
    input = Collections.unmodifiableMap(new LinkedHashMap<>(input));
    attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
  }
}
