package dev.millrace.job.kafka;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.event.RecordReader;
import dev.millrace.job.record.Bytes;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.source.ForwardingReader;
import dev.millrace.schema.RecordFormatException;
import dev.millrace.schema.RegistryFrame;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.InputStatus;
import org.apache.kafka.common.TopicPartition;

/**
 * Holds one record back while a thread of its own asks the registry for what it needs; meanwhile
 * nothing is read. A checkpoint that is taken then starts with the record that is held, and the
 * consumer group's offsets stay where they were.
 */
@SuppressWarnings("try") // Flink's signature of close
final class SchemaAwaitingReader extends ForwardingReader<KafkaPartitionSplit> {
  /** A kind of record: the topic says what becomes of it, the id how to read it. */
  private record Kind(String topic, int id) {}

  /**
   * @param emit hands it on
   * @param asked done when the registry has answered: whether all is known
   */
  private record Held(
      PromptRecord record,
      Kind kind,
      Consumer<PromptRecord> emit,
      CompletableFuture<Boolean> asked) {}

  private final RecordReader records;
  private final ExecutorService asking;

  /** Kinds of records that need nothing more from the registry. */
  private final Set<Kind> known = new HashSet<>();

  private final Set<Long> checkpointsWithHeld = new TreeSet<>();
  private Optional<Held> held = Optional.empty();
  private Optional<GatedOutput> gate = Optional.empty();

  /**
   * @param records the job's reader, used by another thread
   */
  SchemaAwaitingReader(
      SourceReader<PromptRecord, KafkaPartitionSplit> reader, RecordReader records) {
    super(reader);
    this.records = requireNonNull(records, "records");
    this.asking =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread thread = new Thread(work, "millrace-schema-registry");
              thread.setDaemon(true);
              return thread;
            });
  }

  @Override
  public InputStatus pollNext(ReaderOutput<PromptRecord> output) throws Exception {
    if (held.isEmpty()) {
      return super.pollNext(gated(output));
    }
    if (!held.get().asked().isDone()) {
      return InputStatus.NOTHING_AVAILABLE;
    }
    release(held.get());
    return InputStatus.MORE_AVAILABLE;
  }

  /** Outputs are made from it once and kept, so there must be one. */
  private GatedOutput gated(ReaderOutput<PromptRecord> output) {
    if (gate.isEmpty() || gate.get().output() != output) {
      gate = Optional.of(new GatedOutput(output, this::handOn));
    }
    return gate.get();
  }

  @Override
  public CompletableFuture<Void> isAvailable() {
    return held.isEmpty()
        ? super.isAvailable()
        : held.get().asked().handle((nothing, failure) -> null);
  }

  /** Emits the record, or keeps it until the registry has been asked. */
  private void handOn(PromptRecord record, Consumer<PromptRecord> emit) {
    Optional<Kind> kind = kind(record);
    if (kind.isEmpty() || known.contains(kind.get())) {
      emit.accept(record);
      return;
    }
    CompletableFuture<Boolean> asked =
        CompletableFuture.supplyAsync(() -> isReadable(record), asking);
    held = Optional.of(new Held(record, kind.get(), emit, asked));
  }

  private static Optional<Kind> kind(PromptRecord record) {
    return record
        .value()
        .map(Bytes::array)
        .filter(RegistryFrame::isFramed)
        .map(value -> new Kind(record.topic(), RegistryFrame.id(value)));
  }

  /** Reading a record asks for all that it needs, and remembers it for the whole process. */
  private boolean isReadable(PromptRecord record) {
    try {
      records.read(record);
      return true;
    } catch (RecordFormatException e) {
      return false; // it becomes a dead letter further on, where it is read again
    }
  }

  private void release(Held record) throws ExecutionException, InterruptedException {
    if (record.asked().get()) { // a failure that is not the record's is the task's
      known.add(record.kind());
    }
    held = Optional.empty();
    record.emit().accept(record.record());
  }

  @Override
  public List<KafkaPartitionSplit> snapshotState(long checkpoint) {
    List<KafkaPartitionSplit> splits = super.snapshotState(checkpoint);
    if (held.isEmpty()) {
      return splits;
    }
    checkpointsWithHeld.add(checkpoint);
    PromptRecord record = held.get().record();
    return splits.stream().map(split -> startingWith(record, split)).toList();
  }

  private static KafkaPartitionSplit startingWith(PromptRecord record, KafkaPartitionSplit split) {
    TopicPartition partition = split.getTopicPartition();
    return partition.equals(new TopicPartition(record.topic(), record.partition()))
        ? new KafkaPartitionSplit(
            partition,
            record.offset(),
            split.getStoppingOffset().orElse(KafkaPartitionSplit.NO_STOPPING_OFFSET))
        : split;
  }

  /** Kafka's reader would commit an offset behind the record that was held. */
  @Override
  public void notifyCheckpointComplete(long checkpoint) throws Exception {
    boolean hadHeld = checkpointsWithHeld.contains(checkpoint);
    checkpointsWithHeld.removeIf(earlier -> earlier <= checkpoint);
    if (!hadHeld) {
      super.notifyCheckpointComplete(checkpoint);
    }
  }

  @Override
  public void close() throws Exception {
    asking.shutdownNow();
    super.close();
  }
}
