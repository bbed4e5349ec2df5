package dev.millrace.job.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.job.config.TestSettings;
import dev.millrace.job.event.RecordReader;
import dev.millrace.job.record.Bytes;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.registry.FakeRegistry;
import dev.millrace.job.task.Tasks;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.RegistryFrame;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.InputStatus;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SchemaAwaitingReaderTest {
  private static final byte[] REQUEST =
      RecordCodec.of(GenerationRequest.class)
          .encode(GenerationRequest.newBuilder().setId("1").setPrompt("hi").build());

  private FakeRegistry registry;
  private SchemaAwaitingReader reader;
  private final Partition partition = new Partition();
  private final Emitted emitted = new Emitted();

  @BeforeEach
  void start() throws Exception {
    registry = new FakeRegistry();
    reader =
        new SchemaAwaitingReader(
            partition,
            RecordReader.of(
                TestSettings.with("millrace.registry.url", registry.url()), Tasks.none()));
  }

  @AfterEach
  void stop() throws Exception {
    reader.close();
    registry.close();
  }

  @Test
  void recordsInOtherFramingsAreHandedOnAtOnce() throws Exception {
    partition.add("{\"id\":\"1\"}".getBytes(UTF_8));
    partition.add(REQUEST);

    reader.pollNext(emitted);
    reader.pollNext(emitted);

    assertThat(emitted.offsets).containsExactly(0L, 1L);
    assertThat(registry.requests).isEmpty();
  }

  @Test
  void theFirstRecordOfASchemaWaitsForItAndTheOthersDoNot() throws Exception {
    int id = registry.add(GenerationRequest.getClassSchema());
    partition.add(RegistryFrame.ofSingleObject(REQUEST, id));
    partition.add(RegistryFrame.ofSingleObject(REQUEST, id));

    reader.pollNext(emitted);
    reader.isAvailable().get(1, TimeUnit.MINUTES);
    reader.pollNext(emitted);
    reader.pollNext(emitted);

    assertThat(emitted.offsets).containsExactly(0L, 1L);
    assertThat(registry.requests).hasSize(1);
  }

  @Test
  void nothingIsReadAndNothingIsLostWhileTheRegistryIsAway() throws Exception {
    int id = registry.add(GenerationRequest.getClassSchema());
    registry.fails(503);
    partition.add(REQUEST);
    partition.add(RegistryFrame.ofSingleObject(REQUEST, id));
    partition.add(REQUEST);

    reader.pollNext(emitted);
    reader.pollNext(emitted);
    assertThat(reader.pollNext(emitted)).isEqualTo(InputStatus.NOTHING_AVAILABLE);
    assertThat(reader.isAvailable()).isNotDone();
    assertThat(emitted.offsets).containsExactly(0L);
    assertThat(reader.snapshotState(1))
        .as("a checkpoint begins with the record that is held")
        .extracting(KafkaPartitionSplit::getStartingOffset, KafkaPartitionSplit::getStoppingOffset)
        .containsExactly(org.assertj.core.groups.Tuple.tuple(1L, Optional.of(3L)));
    reader.notifyCheckpointComplete(1);
    assertThat(partition.committed).as("the group's offset would be behind it").isEmpty();

    registry.isBack();
    reader.isAvailable().get(1, TimeUnit.MINUTES);
    reader.pollNext(emitted);
    reader.pollNext(emitted);
    assertThat(emitted.offsets).containsExactly(0L, 1L, 2L);
    assertThat(reader.snapshotState(2).get(0).getStartingOffset()).isEqualTo(3);
    reader.notifyCheckpointComplete(2);
    assertThat(partition.committed).containsExactly(2L);
  }

  @Test
  void aRecordWhoseSchemaNobodyKnowsIsHandedOnForItsDeadLetter() throws Exception {
    partition.add(RegistryFrame.ofSingleObject(REQUEST, 999));

    reader.pollNext(emitted);
    reader.isAvailable().get(1, TimeUnit.MINUTES);
    reader.pollNext(emitted);

    assertThat(emitted.offsets).containsExactly(0L);
  }

  /** A partition's records, one per poll as Kafka's reader has it. */
  private static final class Partition implements SourceReader<PromptRecord, KafkaPartitionSplit> {
    private final Queue<PromptRecord> records = new ArrayDeque<>();
    private final List<Long> committed = new ArrayList<>();
    private Optional<SourceOutput<PromptRecord>> output = Optional.empty();
    private long end;
    private long next;

    void add(byte[] value) {
      records.add(
          new PromptRecord(
              "prompts",
              0,
              end++,
              OptionalLong.of(1),
              Optional.empty(),
              Optional.of(Bytes.of(value)),
              List.of(),
              1));
    }

    @Override
    public InputStatus pollNext(ReaderOutput<PromptRecord> all) {
      PromptRecord record = records.poll();
      if (record == null) {
        return InputStatus.NOTHING_AVAILABLE;
      }
      if (output.isEmpty()) {
        output = Optional.of(all.createOutputForSplit("prompts-0"));
      }
      output.get().collect(record, 1);
      next = record.offset() + 1;
      return InputStatus.MORE_AVAILABLE;
    }

    @Override
    public List<KafkaPartitionSplit> snapshotState(long checkpoint) {
      return List.of(new KafkaPartitionSplit(new TopicPartition("prompts", 0), next, 3));
    }

    @Override
    public void notifyCheckpointComplete(long checkpoint) {
      committed.add(checkpoint);
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void start() {}

    @Override
    public void addSplits(List<KafkaPartitionSplit> splits) {}

    @Override
    public void notifyNoMoreSplits() {}

    @Override
    public void close() {}
  }

  private static final class Emitted implements ReaderOutput<PromptRecord> {
    private final List<Long> offsets = new ArrayList<>();

    @Override
    public void collect(PromptRecord record) {
      offsets.add(record.offset());
    }

    @Override
    public void collect(PromptRecord record, long timestamp) {
      offsets.add(record.offset());
    }

    @Override
    public SourceOutput<PromptRecord> createOutputForSplit(String split) {
      return this;
    }

    @Override
    public void emitWatermark(Watermark watermark) {}

    @Override
    public void markIdle() {}

    @Override
    public void markActive() {}

    @Override
    public void releaseOutputForSplit(String split) {}
  }
}
