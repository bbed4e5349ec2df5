package dev.millrace.cli;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Counts committed completions without decoding them, so that counting costs next to nothing. Not
 * safe for use by several threads.
 */
final class CompletionCounter implements AutoCloseable {
  private final KafkaConsumer<byte[], byte[]> consumer;
  private long count;

  CompletionCounter(String bootstrapServers) {
    consumer =
        new KafkaConsumer<>(
            Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed",
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "earliest",
                ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                5_000),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    List<TopicPartition> partitions =
        consumer.partitionsFor(LocalTopics.NAMES.completions()).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    consumer.assign(partitions);
  }

  /** Waits for completions at most this long; how many came. */
  int poll(Duration patience) {
    int polled = consumer.poll(patience).count();
    count += polled;
    return polled;
  }

  /** Since the topic's beginning. */
  long count() {
    return count;
  }

  @Override
  public void close() {
    consumer.close();
  }
}
