package dev.millrace.job.record;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** A record to write, already encoded. */
public record OutputRecord(
    OutputTopic topic,
    Optional<Bytes> key,
    Bytes value,
    List<RecordHeader> headers,
    OptionalLong timestamp) {
  public OutputRecord {
    requireNonNull(topic, "topic");
    requireNonNull(key, "key");
    requireNonNull(value, "value");
    headers = List.copyOf(headers);
    requireNonNull(timestamp, "timestamp");
  }

  /** An outcome of a prompt, with the prompt's key, headers and timestamp. */
  public static OutputRecord of(OutputTopic topic, PromptRecord prompt, byte[] value) {
    return new OutputRecord(
        topic, prompt.key(), Bytes.of(value), prompt.headers(), prompt.timestamp());
  }
}
