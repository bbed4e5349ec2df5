package dev.millrace.job.record;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A record of the prompts topic as it was read, byte for byte. It stays with its request until the
 * outcome, which takes over key, headers and timestamp, or all of it if it is a dead letter.
 *
 * @param timestamp the record's own, in epoch milliseconds
 * @param readAt when the job read it, in epoch milliseconds
 */
public record PromptRecord(
    String topic,
    int partition,
    long offset,
    OptionalLong timestamp,
    Optional<Bytes> key,
    Optional<Bytes> value,
    List<RecordHeader> headers,
    long readAt) {
  public PromptRecord {
    requireNonNull(topic, "topic");
    requireNonNull(timestamp, "timestamp");
    requireNonNull(key, "key");
    requireNonNull(value, "value");
    headers = List.copyOf(headers);
  }

  /** Size of key, value and headers in bytes. */
  public long size() {
    long size = key.map(Bytes::size).orElse(0) + (long) value.map(Bytes::size).orElse(0);
    for (RecordHeader header : headers) {
      size += header.key().length() + header.value().map(Bytes::size).orElse(0);
    }
    return size;
  }
}
