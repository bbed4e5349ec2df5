package dev.millrace.it;

import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.RecordFormatException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** What a read_committed consumer sees on the outcome topics, from their beginning. */
final class Outcomes implements AutoCloseable {
  /** A record and the Kafka record it came in. */
  record Read<T>(T value, ConsumerRecord<byte[], byte[]> record) {}

  final List<Read<GenerationResult>> completions = new ArrayList<>();
  final List<Read<GenerationLatency>> latencies = new ArrayList<>();
  final List<Read<DeadLetter>> deadLetters = new ArrayList<>();
  private final KafkaConsumer<byte[], byte[]> consumer;

  Outcomes(String bootstrapServers) {
    consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    List<TopicPartition> partitions =
        List.of(
                TestPipeline.TOPICS.completions(),
                TestPipeline.TOPICS.latency(),
                TestPipeline.TOPICS.deadLetters())
            .stream()
            .flatMap(topic -> consumer.partitionsFor(topic).stream())
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  /** Completions and dead letters read so far. */
  int count() {
    return completions.size() + deadLetters.size();
  }

  /**
   * Reads until there are this many outcomes, and the latency records of the completions: what is
   * committed together becomes visible topic by topic.
   *
   * @throws AssertionError if they do not come in time, or {@code alive} is no longer true
   */
  void await(int outcomes, Duration patience, BooleanSupplier alive) {
    Instant end = Instant.now().plus(patience);
    while (count() < outcomes || latencies.size() < completions.size()) {
      if (Instant.now().isAfter(end) || !alive.getAsBoolean()) {
        throw new AssertionError(
            "%d of %d outcomes, %d of %d latency records after %s, job alive: %s"
                .formatted(
                    count(),
                    outcomes,
                    latencies.size(),
                    completions.size(),
                    patience,
                    alive.getAsBoolean()));
      }
      read(Duration.ofMillis(200));
    }
  }

  /** Reads what is committed now, so that a record too many is seen. */
  void readToEnd() {
    Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
    while (ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
      read(Duration.ofMillis(200));
    }
  }

  private void read(Duration patience) {
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(patience)) {
      if (record.topic().equals(TestPipeline.TOPICS.completions())) {
        completions.add(decode(GenerationResult.class, record));
      } else if (record.topic().equals(TestPipeline.TOPICS.latency())) {
        latencies.add(decode(GenerationLatency.class, record));
      } else {
        deadLetters.add(decode(DeadLetter.class, record));
      }
    }
  }

  private static <T extends SpecificRecordBase> Read<T> decode(
      Class<T> type, ConsumerRecord<byte[], byte[]> record) {
    try {
      return new Read<>(RecordCodec.of(type).decode(record.value()), record);
    } catch (RecordFormatException e) {
      throw new AssertionError("not a " + type.getSimpleName() + ": " + record, e);
    }
  }

  @Override
  public void close() {
    consumer.close();
  }
}
