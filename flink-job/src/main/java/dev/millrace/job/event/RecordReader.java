package dev.millrace.job.event;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.RegistrySettings;
import dev.millrace.job.record.Bytes;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.registry.SchemaDirectory;
import dev.millrace.job.task.Tasks;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.RecordFormatException;
import dev.millrace.schema.RequestReader;
import java.util.HashMap;
import java.util.Map;

/** Reads a record as a request: it is one, or an event of a topic that is bound to a task. */
public final class RecordReader {
  private final RequestReader requests;
  private final Map<String, EventReader> events = new HashMap<>();
  private final long maxBytes;

  /**
   * Without a schema registry.
   *
   * @param maxBytes the most bytes that a record may have
   */
  public RecordReader(long maxBytes, Tasks tasks) {
    this(maxBytes, tasks, SchemaDirectory.shared(RegistrySettings.none()));
  }

  /**
   * @param maxBytes the most bytes that a record may have
   * @param registry has the schemas of records in its framing
   */
  public RecordReader(long maxBytes, Tasks tasks, SchemaDirectory registry) {
    requireNonNull(tasks, "tasks");
    this.requests = new RequestReader(registry);
    this.maxBytes = maxBytes;
    for (String topic : tasks.topics()) {
      events.put(topic, new EventReader(tasks.ofTopic(topic).orElseThrow(), registry));
    }
  }

  /**
   * The job's reader.
   *
   * @param tasks the settings' own, read from their files
   */
  public static RecordReader of(JobSettings settings, Tasks tasks) {
    return new RecordReader(
        settings.defaults().maxRecordBytes(), tasks, SchemaDirectory.shared(settings.registry()));
  }

  /** How the events of a topic that is bound to a task are written. */
  public EventFormat formatOf(String topic) {
    return events.get(topic).format();
  }

  /**
   * Reads the record as a request; what its task says is not filled in.
   *
   * @throws RecordFormatException if it is none
   */
  public GenerationRequest read(PromptRecord prompt) throws RecordFormatException {
    if (prompt.size() > maxBytes) {
      throw new RecordFormatException(
          ErrorCode.RECORD_TOO_LARGE,
          "the record has %d bytes, the job takes %d: split the document or raise millrace.max-record-size"
              .formatted(prompt.size(), maxBytes));
    }
    Bytes value =
        prompt
            .value()
            .orElseThrow(
                () ->
                    new RecordFormatException(
                        ErrorCode.NULL_VALUE,
                        "the record has no value: send a request, tombstones mean nothing here"));
    EventReader event = events.get(prompt.topic());
    return event == null ? requests.read(value.array()) : event.read(prompt, value.array());
  }
}
