package dev.millrace.job.kafka;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.JobSettings;
import dev.millrace.job.event.RecordReader;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.source.ForwardingSource;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.connector.kafka.source.enumerator.KafkaSourceEnumState;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;

/**
 * Kafka's source, which hands a record on only once the schema registry has said all that the
 * record's way will ask of it: the schema it was written with, and, for an event that gets further
 * fields, the id of the schema with them.
 *
 * <p>So a registry that is away holds back input and nothing else: checkpoints are taken, what is
 * in flight is finished and committed, and no record becomes a dead letter for it.
 */
final class SchemaAwaitingSource
    extends ForwardingSource<KafkaPartitionSplit, KafkaSourceEnumState> {
  private static final long serialVersionUID = 1L;

  private final JobSettings settings;

  SchemaAwaitingSource(
      Source<PromptRecord, KafkaPartitionSplit, KafkaSourceEnumState> source,
      JobSettings settings) {
    super(source);
    this.settings = requireNonNull(settings, "settings");
  }

  @Override
  public SourceReader<PromptRecord, KafkaPartitionSplit> createReader(SourceReaderContext context)
      throws Exception {
    return new SchemaAwaitingReader(
        super.createReader(context), RecordReader.of(settings, settings.tasks().tasks()));
  }
}
