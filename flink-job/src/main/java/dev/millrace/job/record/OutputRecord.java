package dev.millrace.job.record;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A record to write, already encoded.
 *
 * @param topic its role
 * @param taskTopic the name of the topic if it is {@link OutputTopic#OF_TASK}, else empty
 */
public record OutputRecord(
    OutputTopic topic,
    Optional<String> taskTopic,
    Optional<Bytes> key,
    Bytes value,
    List<RecordHeader> headers,
    OptionalLong timestamp) {
  public OutputRecord {
    requireNonNull(topic, "topic");
    requireNonNull(taskTopic, "taskTopic");
    requireNonNull(key, "key");
    requireNonNull(value, "value");
    headers = List.copyOf(headers);
    requireNonNull(timestamp, "timestamp");
    if (taskTopic.isPresent() != (topic == OutputTopic.OF_TASK)) {
      throw new IllegalArgumentException("a record for %s in %s".formatted(topic, taskTopic));
    }
  }

  /** An outcome of a prompt, with the prompt's key, headers and timestamp. */
  public static OutputRecord of(OutputTopic topic, PromptRecord prompt, byte[] value) {
    return of(topic, Optional.empty(), prompt, value);
  }

  /** A record for a topic that a task names, with the prompt's key, headers and timestamp. */
  public static OutputRecord ofTask(String topic, PromptRecord prompt, byte[] value) {
    return of(OutputTopic.OF_TASK, Optional.of(topic), prompt, value);
  }

  private static OutputRecord of(
      OutputTopic topic, Optional<String> taskTopic, PromptRecord prompt, byte[] value) {
    return new OutputRecord(
        topic, taskTopic, prompt.key(), Bytes.of(value), prompt.headers(), prompt.timestamp());
  }

  /** The same with other headers. */
  public OutputRecord withHeaders(List<RecordHeader> others) {
    return new OutputRecord(topic, taskTopic, key, value, others, timestamp);
  }
}
