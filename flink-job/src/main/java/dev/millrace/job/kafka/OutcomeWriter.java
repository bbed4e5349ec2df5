package dev.millrace.job.kafka;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.record.OutputRecord;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.flink.connector.kafka.sink.KafkaWriterState;
import org.apache.flink.connector.kafka.sink.TwoPhaseCommittingStatefulSink.PrecommittingStatefulSinkWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Flink's writer, whose end harms nobody.
 *
 * <p>When Flink's writer is closed it throws what its producer could not send in the meantime. If
 * the task is being closed because it has failed, such as after a broker has been away for too
 * long, Flink takes a second failure for a fatal one and ends the whole process, with the model in
 * it. But at that time nobody needs to know: what was not flushed is in no checkpoint and comes
 * again.
 */
@SuppressWarnings("try") // Flink's signature of close
final class OutcomeWriter
    implements PrecommittingStatefulSinkWriter<OutputRecord, KafkaWriterState, KafkaCommittable> {
  private static final Logger LOG = LoggerFactory.getLogger(OutcomeWriter.class);

  private final PrecommittingStatefulSinkWriter<OutputRecord, KafkaWriterState, KafkaCommittable>
      writer;

  OutcomeWriter(
      PrecommittingStatefulSinkWriter<OutputRecord, KafkaWriterState, KafkaCommittable> writer) {
    this.writer = requireNonNull(writer, "writer");
  }

  @Override
  public void write(OutputRecord record, Context context) throws IOException, InterruptedException {
    writer.write(record, context);
  }

  @Override
  public void flush(boolean endOfInput) throws IOException, InterruptedException {
    writer.flush(endOfInput);
  }

  @Override
  public void writeWatermark(Watermark watermark) throws IOException, InterruptedException {
    writer.writeWatermark(watermark);
  }

  @Override
  public Collection<KafkaCommittable> prepareCommit() throws IOException, InterruptedException {
    return writer.prepareCommit();
  }

  @Override
  public List<KafkaWriterState> snapshotState(long checkpoint) throws IOException {
    return writer.snapshotState(checkpoint);
  }

  @Override
  public void close() throws InterruptedException {
    try {
      writer.close();
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      LOG.warn("outcomes since the last checkpoint were not sent; they come again", e);
    }
  }
}
