package dev.millrace.job.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.job.config.TestSettings;
import dev.millrace.job.record.Bytes;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.OutputTopic;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.record.RecordHeader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class KafkaRecordsTest {
  private final OutcomeSerializer serializer =
      new OutcomeSerializer(
          TestSettings.defaults().kafka().topics(), dev.millrace.job.registry.OutcomeFrames.none());

  @Test
  void aRecordIsTakenOverAsItIs() {
    PromptRecord prompt = read(new byte[] {0}, new byte[] {-1}, 123);

    assertThat(prompt.topic()).isEqualTo("prompts");
    assertThat(prompt.partition()).isEqualTo(2);
    assertThat(prompt.offset()).isEqualTo(7);
    assertThat(prompt.timestamp()).hasValue(123);
    assertThat(prompt.key()).contains(Bytes.of(new byte[] {0}));
    assertThat(prompt.value()).contains(Bytes.of(new byte[] {-1}));
    assertThat(prompt.headers())
        .containsExactly(
            new RecordHeader("h", Optional.of(Bytes.utf8("1"))),
            new RecordHeader("h", Optional.empty()));
  }

  @Test
  void aRecordOfNothingIsTakenOverToo() {
    PromptRecord prompt = read(null, null, ConsumerRecord.NO_TIMESTAMP);

    assertThat(prompt.timestamp()).isEmpty();
    assertThat(prompt.key()).isEmpty();
    assertThat(prompt.value()).isEmpty();
  }

  @Test
  void anOutcomeCarriesWhatItsPromptCameWith() {
    PromptRecord prompt = read(new byte[] {0}, new byte[] {-1}, 123);
    ProducerRecord<byte[], byte[]> record =
        write(OutputRecord.of(OutputTopic.LATENCY, prompt, new byte[] {5}));

    assertThat(record.topic()).isEqualTo("completion-latency");
    assertThat(record.key()).containsExactly(0);
    assertThat(record.value()).containsExactly(5);
    assertThat(record.timestamp()).isEqualTo(123);
    assertThat(record.headers()).containsExactlyElementsOf(headers());
    assertThat(record.partition()).isNull();
  }

  @Test
  void eachKindOfOutcomeHasItsTopic() {
    assertThat(List.of(OutputTopic.values()))
        .extracting(topic -> write(output(topic)).topic())
        .containsExactly("completions", "completion-latency", "prompts-dead-letter", "of-a-task");
  }

  private static OutputRecord output(OutputTopic topic) {
    return new OutputRecord(
        topic,
        Optional.of("of-a-task").filter(name -> topic == OutputTopic.OF_TASK),
        Optional.empty(),
        Bytes.utf8("x"),
        List.of(),
        OptionalLong.empty());
  }

  private ProducerRecord<byte[], byte[]> write(OutputRecord record) {
    return serializer.serialize(record, null, null);
  }

  private static PromptRecord read(byte[] key, byte[] value, long timestamp) {
    List<PromptRecord> out = new ArrayList<>();
    new PromptDeserializer()
        .deserialize(
            new ConsumerRecord<>(
                "prompts",
                2,
                7,
                timestamp,
                TimestampType.CREATE_TIME,
                0,
                0,
                key,
                value,
                headers(),
                Optional.empty()),
            new ListCollector<>(out));
    return out.get(0);
  }

  private static RecordHeaders headers() {
    RecordHeaders headers = new RecordHeaders();
    headers.add("h", Bytes.utf8("1").array());
    headers.add("h", null);
    return headers;
  }
}
