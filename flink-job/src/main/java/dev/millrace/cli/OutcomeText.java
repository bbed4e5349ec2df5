package dev.millrace.cli;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.RegistrySettings;
import dev.millrace.job.event.EventFormat;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.registry.SchemaDirectory;
import dev.millrace.job.task.TaskDefinition;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.NaturalJson;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.RecordFormatException;
import java.nio.charset.StandardCharsets;
import org.apache.avro.specific.SpecificRecordBase;

/** Records of an outcome as lines for a person. */
final class OutcomeText {
  private final TaskDefinition task;

  OutcomeText(TaskDefinition task) {
    this.task = requireNonNull(task, "task");
  }

  /** The topic and the record's value as JSON. */
  String of(OutputRecord record) {
    byte[] value = record.value().array();
    try {
      return switch (record.topic()) {
        case COMPLETIONS -> "completions: " + json(GenerationResult.class, value);
        case LATENCY -> "completion-latency: " + json(GenerationLatency.class, value);
        case DEAD_LETTERS -> "prompts-dead-letter: " + json(DeadLetter.class, value);
        case OF_TASK -> record.taskTopic().orElseThrow() + ": " + ofTask(value);
      };
    } catch (RecordFormatException e) {
      throw new IllegalStateException("a record of our own cannot be read", e);
    }
  }

  /** A review copy of a completion, or an event. */
  private String ofTask(byte[] value) throws RecordFormatException {
    return switch (task.kind().word()) {
      case "label" -> json(GenerationResult.class, value);
      default ->
          RecordCodec.isSingleObject(value)
              ? EventFormat.readerOf(task, SchemaDirectory.shared(RegistrySettings.none()))
                  .read(value)
                  .toString()
              : new String(value, StandardCharsets.UTF_8);
    };
  }

  private static <T extends SpecificRecordBase> String json(Class<T> type, byte[] value)
      throws RecordFormatException {
    return NaturalJson.of(type).write(RecordCodec.of(type).decode(value));
  }
}
