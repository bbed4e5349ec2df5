package dev.millrace.job.kafka;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.Topics;
import dev.millrace.job.record.Bytes;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.RecordHeader;
import dev.millrace.job.registry.OutcomeFrames;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Addresses a record to its topic, framed as the job frames its records, with the prompt's key,
 * headers and timestamp.
 */
public final class OutcomeSerializer implements KafkaRecordSerializationSchema<OutputRecord> {
  private static final long serialVersionUID = 1L;

  private final Topics topics;
  private final OutcomeFrames frames;

  public OutcomeSerializer(Topics topics, OutcomeFrames frames) {
    this.topics = requireNonNull(topics, "topics");
    this.frames = requireNonNull(frames, "frames");
  }

  @Override
  public ProducerRecord<byte[], byte[]> serialize(
      OutputRecord record, KafkaSinkContext context, Long timestamp) {
    RecordHeaders headers = new RecordHeaders();
    for (RecordHeader header : record.headers()) {
      headers.add(header.key(), header.value().map(Bytes::array).orElse(null));
    }
    String topic = record.taskTopic().orElseGet(() -> topics.name(record.topic()));
    return new ProducerRecord<>(
        topic,
        null, // the key decides on the partition
        record.timestamp().isPresent() ? record.timestamp().getAsLong() : null,
        record.key().map(Bytes::array).orElse(null),
        frames.frame(topic, record.value().array()),
        headers);
  }
}
