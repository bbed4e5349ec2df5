package dev.millrace.job.event;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.job.registry.SchemaDirectory;
import dev.millrace.job.task.EnrichedSchema;
import dev.millrace.job.task.EventSource;
import dev.millrace.job.task.TaskDefinition;
import dev.millrace.job.task.TaskKind;
import dev.millrace.schema.RecordFormatException;
import java.util.List;

/** How the events of a topic are written. Safe for all threads. */
public interface EventFormat {
  /**
   * Reads an event.
   *
   * @throws RecordFormatException if the bytes are none
   */
  JsonNode read(byte[] event) throws RecordFormatException;

  /**
   * The same event with more fields at its end, every byte of it otherwise as it was.
   *
   * @param event one that {@link #read} accepts
   * @throws RecordFormatException if it has a field of such a name, or a value does not fit
   */
  byte[] append(byte[] event, ObjectNode fields) throws RecordFormatException;

  /** Events that are JSON objects. */
  static EventFormat json() {
    return new JsonEvents();
  }

  /** Avro events of any schema that a registry has, to read them. */
  static EventFormat framed(SchemaDirectory registry) {
    return AvroEvents.of(List.of(), registry);
  }

  /**
   * The format of the events of a task's topic.
   *
   * @param registry has the schemas of events in its framing
   */
  static EventFormat of(TaskDefinition task, SchemaDirectory registry) {
    boolean avro = task.source().map(EventSource::isAvro).orElse(false);
    if (!avro) {
      return json();
    }
    return task.kind() instanceof TaskKind.Enrich enrich
        ? AvroEvents.enriched(task.source().get().schemas(), enrich, registry)
        : AvroEvents.of(task.source().get().schemas(), registry);
  }

  /** The format of the events that a task writes, to read them. */
  static EventFormat readerOf(TaskDefinition task, SchemaDirectory registry) {
    boolean avro = task.source().map(EventSource::isAvro).orElse(false);
    if (!avro || !(task.kind() instanceof TaskKind.Enrich enrich)) {
      return of(task, registry);
    }
    return AvroEvents.of(
        task.source().get().schemas().stream()
            .map(schema -> EnrichedSchema.of(schema, enrich).whole())
            .toList(),
        registry);
  }
}
