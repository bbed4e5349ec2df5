package dev.millrace.cli;

import dev.millrace.job.config.ClusterSettings;
import dev.millrace.job.config.Topics;
import dev.millrace.job.registry.SchemaDirectory;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.RecordFormatException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads the three outcome topics from their beginning, committed records only. Without a group each
 * reader starts at the first record; with one, a later reader of the group goes on where {@link
 * #commit} was called last. Not safe for use by several threads.
 */
final class OutcomeReader implements AutoCloseable {
  /** Takes what is read. */
  interface Sink {
    void completion(GenerationResult completion);

    void latency(GenerationLatency latency);

    void deadLetter(DeadLetter deadLetter);
  }

  private static final int UNREACHABLE_AFTER_MS = 15_000;
  private final RecordCodec<GenerationResult> completions;
  private final RecordCodec<GenerationLatency> latencies;
  private final RecordCodec<DeadLetter> deadLetters;
  private final Topics topics;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final List<TopicPartition> partitions;

  /**
   * @throws CommandException if the cluster cannot be reached or a topic is missing
   */
  OutcomeReader(ClusterSettings cluster, Optional<String> group) {
    SchemaDirectory registry = Registries.of(cluster);
    this.completions = RecordCodec.of(GenerationResult.class, registry);
    this.latencies = RecordCodec.of(GenerationLatency.class, registry);
    this.deadLetters = RecordCodec.of(DeadLetter.class, registry);
    this.topics = cluster.topics();
    this.consumer = consumer(cluster, group);
    try {
      this.partitions = partitions();
      consumer.assign(partitions);
    } catch (TimeoutException e) {
      consumer.close();
      throw new CommandException(
          "no answer from " + cluster.bootstrapServers() + ": is the broker up ('millrace up')?",
          e);
    } catch (RuntimeException e) {
      consumer.close();
      throw e;
    }
  }

  /** Waits for records at most this long; how many came. */
  int poll(Duration patience, Sink sink) {
    int count = 0;
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(patience)) {
      dispatch(record, sink);
      count++;
    }
    return count;
  }

  /** Whether everything is read that was committed when the broker last answered. */
  boolean hasReadAll() {
    return partitions.stream()
        .allMatch(partition -> consumer.currentLag(partition).equals(OptionalLong.of(0)));
  }

  /** Reads everything that is committed at the moment of the call. */
  void readToEnd(Sink sink) {
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    while (ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
      poll(Duration.ofMillis(100), sink);
    }
  }

  /** Remembers, for the group, that everything read so far is done with. */
  void commit() {
    consumer.commitSync();
  }

  @Override
  public void close() {
    consumer.close();
  }

  private List<TopicPartition> partitions() {
    return Stream.of(topics.completions(), topics.latency(), topics.deadLetters())
        .flatMap(topic -> partitionsOf(topic).stream())
        .toList();
  }

  private List<TopicPartition> partitionsOf(String topic) {
    Collection<PartitionInfo> found = consumer.partitionsFor(topic);
    if (found.isEmpty()) {
      throw new CommandException("there is no topic " + topic + ": is this Millrace's cluster?");
    }
    return found.stream().map(info -> new TopicPartition(topic, info.partition())).toList();
  }

  private void dispatch(ConsumerRecord<byte[], byte[]> record, Sink sink) {
    try {
      if (record.topic().equals(topics.completions())) {
        sink.completion(completions.decode(record.value()));
      } else if (record.topic().equals(topics.latency())) {
        sink.latency(latencies.decode(record.value()));
      } else {
        sink.deadLetter(deadLetters.decode(record.value()));
      }
    } catch (RecordFormatException e) {
      throw new CommandException(
          "record "
              + record.offset()
              + " of "
              + record.topic()
              + "-"
              + record.partition()
              + " is not Millrace's: "
              + e.getMessage(),
          e);
    }
  }

  private static KafkaConsumer<byte[], byte[]> consumer(
      ClusterSettings cluster, Optional<String> group) {
    Map<String, Object> settings = new HashMap<>();
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, UNREACHABLE_AFTER_MS);
    settings.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, UNREACHABLE_AFTER_MS);
    group.ifPresent(name -> settings.put(ConsumerConfig.GROUP_ID_CONFIG, name));
    return new KafkaConsumer<>(
        cluster.client(settings), new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }
}
