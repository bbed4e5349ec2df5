package dev.millrace.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.ClusterSettings;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.Header;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.RecordFormatException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends the records in dead letters back to the topics they came from, as they were: key, value and
 * headers, and one header more that counts the replays.
 *
 * <p>What is sent and how far the group has read are one Kafka transaction: a replay that is killed
 * goes on, when it is run again with the same group, with the first letter it had not sent. Not
 * safe for use by several threads; a second replay of the same group takes over from the first.
 */
final class DeadLetterReplay implements AutoCloseable {
  /** The header that says how often a record was sent again, as decimal text. */
  static final String COUNT_HEADER = "millrace-replays";

  /**
   * What became of the letters read.
   *
   * @param sentTo how many records were sent to each topic
   * @param passedOver letters that the filter does not choose, or that were replayed too often
   */
  record Totals(Map<String, Long> sentTo, long passedOver) {
    long sent() {
      return sentTo.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  private static final int UNREACHABLE_AFTER_MS = 15_000;
  private static final String LARGEST_REQUEST = Integer.toString(64 << 20);
  private static final Duration POLL = Duration.ofMillis(200);

  private final RecordCodec<DeadLetter> codec;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Optional<KafkaProducer<byte[], byte[]>> producer;
  private final String topic;
  private final DeadLetterFilter filter;
  private final int mostReplays;
  private final Map<String, Long> sentTo = new HashMap<>();
  private long passedOver;

  /**
   * @param topic of the dead letters
   * @param mostReplays letters of records that were replayed so often already are passed over
   * @param dryRun only count; nothing is sent and the group stays where it is
   */
  DeadLetterReplay(
      ClusterSettings cluster,
      String topic,
      String group,
      DeadLetterFilter filter,
      int mostReplays,
      boolean dryRun) {
    this.codec = RecordCodec.of(DeadLetter.class, Registries.of(cluster));
    this.topic = requireNonNull(topic, "topic");
    this.filter = requireNonNull(filter, "filter");
    this.mostReplays = mostReplays;
    this.producer = dryRun ? Optional.empty() : Optional.of(producer(cluster, group));
    this.consumer = consumer(cluster, group);
  }

  /**
   * Replays the letters that are there at the moment of the call and that the group has not read.
   *
   * @throws CommandException if the cluster cannot be reached or does not take a record; what was
   *     sent by then and is not in {@link Totals} was taken back
   */
  Totals run() {
    try {
      // Ends what a killed replay of this group had begun, before its offsets are read.
      producer.ifPresent(KafkaProducer::initTransactions);
      replayTo(consumer.endOffsets(assign()));
    } catch (TimeoutException e) {
      throw new CommandException(
          "the cluster does not answer for topic " + topic + ": is the broker up ('millrace up')?",
          e);
    }
    return new Totals(Map.copyOf(sentTo), passedOver);
  }

  private List<TopicPartition> assign() {
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(topic, info.partition()))
            .toList();
    if (partitions.isEmpty()) {
      throw new CommandException("there is no topic " + topic + ": is this Millrace's cluster?");
    }
    consumer.assign(partitions);
    return partitions;
  }

  /** Letters that come meanwhile, perhaps of records just sent again, are left for another run. */
  private void replayTo(Map<TopicPartition, Long> ends) {
    while (ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
      List<ConsumerRecord<byte[], byte[]>> letters = new ArrayList<>();
      for (ConsumerRecord<byte[], byte[]> letter : consumer.poll(POLL)) {
        if (letter.offset() < ends.get(partition(letter))) {
          letters.add(letter);
        }
      }
      if (!letters.isEmpty()) {
        replay(letters);
      }
    }
  }

  private void replay(List<ConsumerRecord<byte[], byte[]>> letters) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    Map<TopicPartition, OffsetAndMetadata> read = new HashMap<>();
    for (ConsumerRecord<byte[], byte[]> letter : letters) {
      read(letter).ifPresent(records::add);
      read.put(partition(letter), new OffsetAndMetadata(letter.offset() + 1));
    }
    producer.ifPresent(kafka -> commit(kafka, records, read));
    records.forEach(record -> sentTo.merge(record.topic(), 1L, Long::sum));
    passedOver += letters.size() - records.size();
  }

  private void commit(
      KafkaProducer<byte[], byte[]> kafka,
      List<ProducerRecord<byte[], byte[]>> records,
      Map<TopicPartition, OffsetAndMetadata> read) {
    kafka.beginTransaction();
    try {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (ProducerRecord<byte[], byte[]> record : records) {
        sent.add(kafka.send(record));
      }
      for (Future<RecordMetadata> acknowledged : sent) {
        acknowledged.get();
      }
      kafka.sendOffsetsToTransaction(read, consumer.groupMetadata());
      kafka.commitTransaction();
    } catch (ExecutionException e) {
      kafka.abortTransaction();
      throw new CommandException("a record could not be sent back to its topic", e.getCause());
    } catch (InterruptedException e) {
      kafka.abortTransaction();
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted while records were sent", e);
    }
  }

  private Optional<ProducerRecord<byte[], byte[]>> read(ConsumerRecord<byte[], byte[]> record) {
    DeadLetter letter;
    try {
      letter = codec.decode(record.value());
    } catch (RecordFormatException e) {
      throw new CommandException(
          "record %d of %s is no dead letter of Millrace's: %s"
              .formatted(record.offset(), partition(record), e.getMessage()),
          e);
    }
    int replays = replays(letter);
    boolean chosen = filter.takes(letter, Instant.ofEpochMilli(record.timestamp()));
    return chosen && replays < mostReplays
        ? Optional.of(original(letter, replays + 1))
        : Optional.empty();
  }

  private static ProducerRecord<byte[], byte[]> original(DeadLetter letter, int replays) {
    RecordHeaders headers = new RecordHeaders();
    letter.getHeaders().stream()
        .filter(header -> !header.getKey().equals(COUNT_HEADER))
        .forEach(header -> headers.add(header.getKey(), bytes(header.getValue()).orElse(null)));
    headers.add(COUNT_HEADER, Integer.toString(replays).getBytes(UTF_8));
    return new ProducerRecord<>(
        letter.getTopic(),
        null, // the key decides on the partition, as it did before
        null, // it is sent now: the topic's retention must not take it for old
        bytes(letter.getKey()).orElse(null),
        bytes(letter.getValue()).orElse(null),
        headers);
  }

  private static int replays(DeadLetter letter) {
    for (Header header : letter.getHeaders()) {
      if (header.getKey().equals(COUNT_HEADER)) {
        String count = bytes(header.getValue()).map(text -> new String(text, UTF_8)).orElse("");
        return count.matches("\\d{1,9}") ? Integer.parseInt(count) : 0;
      }
    }
    return 0;
  }

  private static Optional<byte[]> bytes(Optional<ByteBuffer> value) {
    return value.map(
        buffer -> {
          byte[] bytes = new byte[buffer.remaining()];
          buffer.duplicate().get(bytes);
          return bytes;
        });
  }

  private static TopicPartition partition(ConsumerRecord<?, ?> record) {
    return new TopicPartition(record.topic(), record.partition());
  }

  @Override
  public void close() {
    consumer.close();
    producer.ifPresent(KafkaProducer::close);
  }

  private static KafkaConsumer<byte[], byte[]> consumer(ClusterSettings cluster, String group) {
    Map<String, Object> settings =
        Map.of(
            ConsumerConfig.GROUP_ID_CONFIG,
            group,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            "read_committed",
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
            "earliest",
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
            false,
            ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
            UNREACHABLE_AFTER_MS,
            ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG,
            UNREACHABLE_AFTER_MS);
    return new KafkaConsumer<>(
        cluster.client(settings), new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private static KafkaProducer<byte[], byte[]> producer(ClusterSettings cluster, String group) {
    Map<String, Object> settings =
        Map.of(
            ProducerConfig.TRANSACTIONAL_ID_CONFIG,
            group,
            ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
            true,
            ProducerConfig.ACKS_CONFIG,
            "all",
            ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
            LARGEST_REQUEST,
            ProducerConfig.MAX_BLOCK_MS_CONFIG,
            UNREACHABLE_AFTER_MS);
    return new KafkaProducer<>(
        cluster.client(settings), new ByteArraySerializer(), new ByteArraySerializer());
  }
}
