package dev.millrace.it.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.job.config.Topics;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.RecordFormatException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads everything a read_committed consumer ever sees on the outcome topics, on a thread of its
 * own, however often the broker comes and goes.
 */
final class OutcomeLedger implements AutoCloseable {
  static final Topics TOPICS =
      new Topics("prompts", "completions", "completion-latency", "prompts-dead-letter");

  /**
   * A completion by the key of its record, which is the id of its prompt.
   *
   * @param logprobs how many tokens have one
   */
  record Completion(String key, String id, String text, int tokens, int logprobs) {}

  /** A latency record. */
  record Latency(String id, int attempts, int resumedTokens) {}

  /** A dead letter by the key of its record. */
  record Letter(String key, String code) {}

  /** What was read until now. */
  record Outcomes(List<Completion> completions, List<Latency> latencies, List<Letter> letters) {
    int count() {
      return completions.size() + letters.size();
    }
  }

  private final List<Completion> completions = new ArrayList<>();
  private final List<Latency> latencies = new ArrayList<>();
  private final List<Letter> letters = new ArrayList<>();
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final List<TopicPartition> partitions;
  private final Thread reader = new Thread(this::read, "outcome-ledger");
  private volatile boolean closed;
  private volatile Throwable failure;

  OutcomeLedger(String bootstrapServers) {
    consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    partitions =
        Stream.of(TOPICS.completions(), TOPICS.latency(), TOPICS.deadLetters())
            .flatMap(topic -> consumer.partitionsFor(topic).stream())
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    reader.start();
  }

  synchronized Outcomes outcomes() {
    if (failure != null) {
      throw new AssertionError("the outcomes cannot be read", failure);
    }
    return new Outcomes(List.copyOf(completions), List.copyOf(latencies), List.copyOf(letters));
  }

  synchronized int count() {
    return completions.size() + letters.size();
  }

  /**
   * Stops reading once everything is read that was ever written, open transactions included.
   *
   * @throws AssertionError if a transaction is still open, which hides what comes after it
   */
  Outcomes readToEnd(Admin admin) {
    Map<TopicPartition, Long> ends = ends(admin);
    closed = true;
    try {
      reader.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    Waiting.until(
        "everything that was written can be read: no transaction is left open",
        Duration.ofMinutes(3),
        () -> {
          poll();
          return ends.entrySet().stream()
              .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
        });
    return outcomes();
  }

  private Map<TopicPartition, Long> ends(Admin admin) {
    try {
      return admin
          .listOffsets(
              partitions.stream()
                  .collect(Collectors.toMap(each -> each, each -> OffsetSpec.latest())))
          .all()
          .get()
          .entrySet()
          .stream()
          .collect(Collectors.toMap(Map.Entry::getKey, end -> end.getValue().offset()));
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private void read() {
    try {
      while (!closed) {
        poll();
      }
    } catch (RuntimeException | Error e) {
      failure = e;
    }
  }

  private void poll() {
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
      enter(record);
    }
  }

  private synchronized void enter(ConsumerRecord<byte[], byte[]> record) {
    String key = new String(record.key(), UTF_8);
    if (record.topic().equals(TOPICS.completions())) {
      GenerationResult result = decode(GenerationResult.class, record);
      completions.add(
          new Completion(
              key,
              result.getId(),
              result.getText(),
              result.getCompletionTokens(),
              result.getLogprobs().map(List::size).orElse(0)));
    } else if (record.topic().equals(TOPICS.latency())) {
      GenerationLatency latency = decode(GenerationLatency.class, record);
      latencies.add(
          new Latency(latency.getId(), latency.getAttempts(), latency.getResumedTokens()));
    } else {
      letters.add(new Letter(key, decode(DeadLetter.class, record).getCode()));
    }
  }

  private static <T extends SpecificRecordBase> T decode(
      Class<T> type, ConsumerRecord<byte[], byte[]> record) {
    try {
      return RecordCodec.of(type).decode(record.value());
    } catch (RecordFormatException e) {
      throw new AssertionError("not a " + type.getSimpleName() + ": " + record, e);
    }
  }

  @Override
  public void close() {
    closed = true;
    try {
      reader.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    consumer.close();
  }
}
