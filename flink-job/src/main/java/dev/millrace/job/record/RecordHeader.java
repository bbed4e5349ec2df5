package dev.millrace.job.record;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/** One header of a Kafka record; keys may repeat and values may be null. */
public record RecordHeader(String key, Optional<Bytes> value) {
  public RecordHeader {
    requireNonNull(key, "key");
    requireNonNull(value, "value");
  }
}
