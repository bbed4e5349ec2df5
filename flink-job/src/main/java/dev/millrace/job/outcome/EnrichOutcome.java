package dev.millrace.job.outcome;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.job.event.EventFormat;
import dev.millrace.job.event.RecordReader;
import dev.millrace.job.record.Bytes;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.task.TaskDefinition;
import dev.millrace.job.task.TaskKind;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.RecordFormatException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The event with the fields that the answer has for it. An answer whose fields are not valid makes
 * a dead letter, or the event is passed on with a mark instead of fields, as the task has it.
 */
final class EnrichOutcome {
  private final TaskDefinition task;
  private final TaskKind.Enrich kind;
  private final EventFormat requested = EventFormat.json();
  private final AnswerFields fields;
  private final RecordReader records;

  EnrichOutcome(TaskDefinition task, TaskKind.Enrich kind, RecordReader records) {
    this.task = requireNonNull(task, "task");
    this.kind = requireNonNull(kind, "kind");
    this.fields = new AnswerFields(kind);
    this.records = requireNonNull(records, "records");
  }

  List<OutputRecord> apply(Finished finished, GenerationResult result)
      throws UnusableAnswerException {
    PromptRecord origin = finished.task().origin();
    byte[] event = event(origin);
    EventFormat events = isBound(origin) ? records.formatOf(origin.topic()) : requested;
    byte[] enriched;
    try {
      enriched = events.append(event, addition(fields.read(finished.replies().get(0))));
      result.setValid(true);
    } catch (UnusableAnswerException | RecordFormatException e) {
      enriched = marked(events, event, e.getMessage());
      result.setValid(false);
    }
    if (!isBound(origin)) {
      result.setEnrichedEvent(new String(enriched, StandardCharsets.UTF_8));
    }
    return publish(origin, enriched);
  }

  private List<OutputRecord> publish(PromptRecord origin, byte[] enriched) {
    return kind.topic().stream()
        .map(topic -> OutputRecord.ofTask(topic, origin, enriched))
        .toList();
  }

  /** The fields as they stand in the event. */
  private ObjectNode addition(ObjectNode answer) {
    return kind.into().isEmpty()
        ? answer
        : JsonNodeFactory.instance.objectNode().set(kind.into().get(), answer);
  }

  private byte[] marked(EventFormat events, byte[] event, String why)
      throws UnusableAnswerException {
    if (kind.onInvalid() == TaskKind.OnInvalid.DEAD_LETTER) {
      throw new UnusableAnswerException(why);
    }
    try {
      JsonNode mark = JsonNodeFactory.instance.textNode(why);
      return events.append(event, JsonNodeFactory.instance.objectNode().set(kind.mark(), mark));
    } catch (RecordFormatException e) {
      throw new UnusableAnswerException(why + "; and it cannot be marked: " + e.getMessage());
    }
  }

  /** A bound topic's record is the event; a request has it in its input, or its input is it. */
  private byte[] event(PromptRecord origin) {
    if (isBound(origin)) {
      return origin.value().map(Bytes::array).orElseThrow();
    }
    try {
      Map<String, String> input = records.read(origin).getInput();
      String event = Optional.ofNullable(input.get(kind.event())).orElseGet(() -> asObject(input));
      return event.getBytes(StandardCharsets.UTF_8);
    } catch (RecordFormatException e) {
      throw new IllegalStateException("a record that was read is none any more", e);
    }
  }

  private static String asObject(Map<String, String> input) {
    ObjectNode event = JsonNodeFactory.instance.objectNode();
    new TreeMap<>(input).forEach(event::put);
    return event.toString();
  }

  private boolean isBound(PromptRecord origin) {
    return task.source().map(source -> source.topic().equals(origin.topic())).orElse(false);
  }
}
