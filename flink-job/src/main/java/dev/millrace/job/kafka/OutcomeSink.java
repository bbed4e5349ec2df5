package dev.millrace.job.kafka;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.KafkaSettings;
import dev.millrace.job.record.OutputRecord;
import java.io.IOException;
import java.util.Collection;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.KafkaWriterState;
import org.apache.flink.connector.kafka.sink.TwoPhaseCommittingStatefulSink;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessage;
import org.apache.flink.streaming.api.connector.sink2.SupportsPostCommitTopology;
import org.apache.flink.streaming.api.datastream.DataStream;

/**
 * Kafka's sink, with a committer that notices a lost transaction and a writer that may be closed at
 * any time.
 */
public final class OutcomeSink
    implements TwoPhaseCommittingStatefulSink<OutputRecord, KafkaWriterState, KafkaCommittable>,
        SupportsPostCommitTopology<KafkaCommittable> {
  private static final long serialVersionUID = 1L;

  private final KafkaSink<OutputRecord> kafka;
  private final KafkaSettings settings;

  OutcomeSink(KafkaSink<OutputRecord> kafka, KafkaSettings settings) {
    this.kafka = requireNonNull(kafka, "kafka");
    this.settings = requireNonNull(settings, "settings");
  }

  @Override
  public Committer<KafkaCommittable> createCommitter(CommitterInitContext context) {
    Counter lost = context.metricGroup().addGroup("millrace").counter("lostTransactions");
    return new VerifyingCommitter(
        kafka.createCommitter(context),
        transaction -> TransactionFate.ask(settings.properties(), transaction),
        settings,
        lost);
  }

  @Override
  public PrecommittingStatefulSinkWriter<OutputRecord, KafkaWriterState, KafkaCommittable>
      createWriter(WriterInitContext context) throws IOException {
    return new OutcomeWriter(kafka.createWriter(context));
  }

  @Override
  public PrecommittingStatefulSinkWriter<OutputRecord, KafkaWriterState, KafkaCommittable>
      restoreWriter(WriterInitContext context, Collection<KafkaWriterState> recovered) {
    return new OutcomeWriter(kafka.restoreWriter(context, recovered));
  }

  @Override
  public SimpleVersionedSerializer<KafkaCommittable> getCommittableSerializer() {
    return kafka.getCommittableSerializer();
  }

  @Override
  public SimpleVersionedSerializer<KafkaWriterState> getWriterStateSerializer() {
    return kafka.getWriterStateSerializer();
  }

  @Override
  public void addPostCommitTopology(DataStream<CommittableMessage<KafkaCommittable>> committables) {
    kafka.addPostCommitTopology(committables);
  }
}
