package dev.millrace.job.event;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.registry.SchemaDirectory;
import dev.millrace.job.task.EventSource;
import dev.millrace.job.task.TaskDefinition;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.RecordFormatException;
import java.util.HashMap;
import java.util.Map;

/** Makes a request of each event of a topic that is bound to a task. */
public final class EventReader {
  private final TaskDefinition task;
  private final EventSource source;
  private final EventFormat format;

  /**
   * @param task one that is bound to a topic
   * @param registry has the schemas of events in its framing
   */
  public EventReader(TaskDefinition task, SchemaDirectory registry) {
    this.task = requireNonNull(task, "task");
    this.source = task.source().orElseThrow();
    this.format = EventFormat.of(task, registry);
  }

  /** How the events are written. */
  EventFormat format() {
    return format;
  }

  /**
   * The request for an event: the task, and its input from where the task says it is.
   *
   * @throws RecordFormatException if the event cannot be read or lacks an input
   */
  public GenerationRequest read(PromptRecord record, byte[] value) throws RecordFormatException {
    JsonNode event = format.read(value);
    return GenerationRequest.newBuilder()
        .setId(id(record, event))
        .setTask(task.name())
        .setInput(input(event))
        .setAttributes(attributes(event))
        .build();
  }

  private String id(PromptRecord record, JsonNode event) throws RecordFormatException {
    return source.id().isPresent()
        ? required("id", source.id().get(), event)
        : "%s-%d-%d".formatted(record.topic(), record.partition(), record.offset());
  }

  private Map<String, String> input(JsonNode event) throws RecordFormatException {
    Map<String, String> input = new HashMap<>();
    for (Map.Entry<String, JsonPointer> field : source.input().entrySet()) {
      input.put(field.getKey(), required(field.getKey(), field.getValue(), event));
    }
    return input;
  }

  /** An attribute that the event lacks is left out. */
  private Map<String, String> attributes(JsonNode event) {
    Map<String, String> attributes = new HashMap<>();
    source
        .attributes()
        .forEach(
            (name, pointer) -> {
              JsonNode node = event.at(pointer);
              if (!node.isMissingNode() && !node.isNull()) {
                attributes.put(name, text(node));
              }
            });
    return attributes;
  }

  private String required(String name, JsonPointer pointer, JsonNode event)
      throws RecordFormatException {
    JsonNode node = event.at(pointer);
    if (node.isMissingNode() || node.isNull()) {
      throw new RecordFormatException(
          ErrorCode.MISSING_FIELD,
          "the event has nothing at %s, where task '%s' finds %s"
              .formatted(pointer, task.name(), name));
    }
    return text(node);
  }

  private static String text(JsonNode node) {
    return node.isTextual() ? node.textValue() : node.toString();
  }
}
