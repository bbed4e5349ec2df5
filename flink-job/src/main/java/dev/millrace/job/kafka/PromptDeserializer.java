package dev.millrace.job.kafka;

import dev.millrace.job.record.Bytes;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.record.RecordHeader;
import dev.millrace.job.serialization.RecordTypes;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/** Takes over a record as it is. It does not look into it, so nothing in it can fail the source. */
public final class PromptDeserializer implements KafkaRecordDeserializationSchema<PromptRecord> {
  private static final long serialVersionUID = 1L;
  private static final Clock CLOCK = Clock.systemUTC();

  @Override
  public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<PromptRecord> out) {
    out.collect(
        new PromptRecord(
            record.topic(),
            record.partition(),
            record.offset(),
            record.timestamp() < 0 ? OptionalLong.empty() : OptionalLong.of(record.timestamp()),
            bytes(record.key()),
            bytes(record.value()),
            headers(record),
            CLOCK.millis()));
  }

  @Override
  public TypeInformation<PromptRecord> getProducedType() {
    return RecordTypes.PROMPT;
  }

  private static List<RecordHeader> headers(ConsumerRecord<byte[], byte[]> record) {
    List<RecordHeader> headers = new ArrayList<>();
    for (Header header : record.headers()) {
      headers.add(new RecordHeader(header.key(), bytes(header.value())));
    }
    return headers;
  }

  private static Optional<Bytes> bytes(byte[] array) {
    return Optional.ofNullable(array).map(Bytes::of);
  }
}
