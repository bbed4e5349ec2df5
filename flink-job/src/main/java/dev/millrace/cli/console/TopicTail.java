package dev.millrace.cli.console;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.ClusterSettings;
import dev.millrace.job.config.Topics;
import dev.millrace.job.registry.SchemaDirectory;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.RecordFormatException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads what is committed to the outcome topics as it comes, the last few records from before
 * first. Joins no group and commits nothing. A cluster that is away is waited for.
 */
final class TopicTail implements Runnable, AutoCloseable {
  private static final int HISTORY = 100;
  private static final int TIMEOUT_MS = 10_000;
  private static final int FETCH_BYTES = 8 << 20;
  private static final Duration POLL = Duration.ofMillis(250);
  private static final long RETRY_MS = 2_000;
  private static final long PROMPTS_INTERVAL_MS = 1_000;

  private final RecordCodec<GenerationResult> completions;
  private final RecordCodec<GenerationLatency> latencies;
  private final RecordCodec<DeadLetter> deadLetters;
  private final ClusterSettings cluster;
  private final Topics topics;
  private final PipelineView view;

  private final CountDownLatch closed = new CountDownLatch(1);

  /** Its wakeup is the one call that other threads may make. */
  private volatile Optional<KafkaConsumer<byte[], byte[]>> reading = Optional.empty();

  /** Where the partitions ended when they were first seen. */
  private final Map<TopicPartition, Long> opened = new HashMap<>();

  /** The offsets to go on with. */
  private final Map<TopicPartition, Long> next = new HashMap<>();

  TopicTail(ClusterSettings cluster, SchemaDirectory registry, PipelineView view) {
    this.cluster = requireNonNull(cluster, "cluster");
    this.completions = RecordCodec.of(GenerationResult.class, registry);
    this.latencies = RecordCodec.of(GenerationLatency.class, registry);
    this.deadLetters = RecordCodec.of(DeadLetter.class, registry);
    this.topics = cluster.topics();
    this.view = requireNonNull(view, "view");
  }

  /** Until it is closed. */
  @Override
  public void run() {
    while (!isClosed()) {
      try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
        reading = Optional.of(consumer);
        follow(consumer);
      } catch (WakeupException e) {
        return; // it was closed
      } catch (RuntimeException e) {
        // Whatever it is: the page says it, and the next attempt may do better.
        view.kafka(
            Optional.of(
                cluster.bootstrapServers()
                    + ": "
                    + Objects.requireNonNullElse(e.getMessage(), e.getClass().getSimpleName())));
        if (isClosedWithin(RETRY_MS)) {
          return;
        }
      }
    }
  }

  /** Makes the reading thread end; from any other thread. */
  @Override
  public void close() {
    closed.countDown();
    reading.ifPresent(KafkaConsumer::wakeup);
  }

  private boolean isClosed() {
    return closed.getCount() == 0;
  }

  private void follow(KafkaConsumer<byte[], byte[]> consumer) {
    List<TopicPartition> prompts = partitions(consumer, topics.prompts());
    List<TopicPartition> outcomes =
        Stream.of(topics.completions(), topics.latency(), topics.deadLetters())
            .flatMap(topic -> partitions(consumer, topic).stream())
            .toList();
    consumer.assign(Stream.concat(prompts.stream(), outcomes.stream()).toList());
    // Only where it ends is of interest.
    consumer.pause(prompts);
    consumer.seekToEnd(prompts);
    seek(consumer, outcomes);
    long promptsAt = 0;
    while (!isClosed()) {
      if (System.currentTimeMillis() - promptsAt >= PROMPTS_INTERVAL_MS) {
        view.promptsEnd(sum(consumer.endOffsets(prompts)));
        promptsAt = System.currentTimeMillis();
      }
      consumer.poll(POLL).forEach(this::show);
      view.kafka(Optional.empty());
    }
  }

  /** At first to the last few records; after a failure to where it had come. */
  private void seek(KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> outcomes) {
    Map<TopicPartition, Long> begins = consumer.beginningOffsets(outcomes);
    Map<TopicPartition, Long> ends = consumer.endOffsets(outcomes);
    for (TopicPartition partition : outcomes) {
      long end = opened.computeIfAbsent(partition, ends::get);
      long from = next.getOrDefault(partition, end - HISTORY);
      consumer.seek(partition, Math.max(begins.get(partition), from));
    }
  }

  private void show(ConsumerRecord<byte[], byte[]> record) {
    TopicPartition partition = new TopicPartition(record.topic(), record.partition());
    boolean live = record.offset() >= opened.get(partition);
    if (record.value() == null) {
      view.unreadable();
    } else {
      show(record, live);
    }
    next.put(partition, record.offset() + 1);
  }

  private void show(ConsumerRecord<byte[], byte[]> record, boolean live) {
    try {
      if (record.topic().equals(topics.completions())) {
        view.completion(completions.decode(record.value()), live);
      } else if (record.topic().equals(topics.deadLetters())) {
        view.deadLetter(deadLetters.decode(record.value()), live);
      } else if (live) {
        view.latency(latencies.decode(record.value()));
      }
    } catch (RecordFormatException e) {
      view.unreadable();
    }
  }

  private static List<TopicPartition> partitions(
      KafkaConsumer<byte[], byte[]> consumer, String topic) {
    List<TopicPartition> found =
        consumer.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(topic, info.partition()))
            .toList();
    if (found.isEmpty()) {
      throw new IllegalStateException(
          "there is no topic " + topic + ": is this Millrace's cluster?");
    }
    return found;
  }

  private static long sum(Map<TopicPartition, Long> offsets) {
    return offsets.values().stream().mapToLong(Long::longValue).sum();
  }

  private boolean isClosedWithin(long millis) {
    try {
      return closed.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    Map<String, Object> settings =
        Map.of(
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed",
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
            "earliest",
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
            false,
            ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
            false,
            ConsumerConfig.FETCH_MAX_BYTES_CONFIG,
            FETCH_BYTES,
            ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
            TIMEOUT_MS,
            ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG,
            TIMEOUT_MS);
    return new KafkaConsumer<>(
        cluster.client(settings), new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }
}
