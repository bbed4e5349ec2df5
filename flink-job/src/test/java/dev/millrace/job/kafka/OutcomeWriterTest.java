package dev.millrace.job.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.job.record.OutputRecord;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import org.apache.flink.connector.kafka.sink.KafkaCommittable;
import org.apache.flink.connector.kafka.sink.KafkaWriterState;
import org.apache.flink.connector.kafka.sink.TwoPhaseCommittingStatefulSink.PrecommittingStatefulSinkWriter;
import org.junit.jupiter.api.Test;

class OutcomeWriterTest {
  private final Unreachable unreachable = new Unreachable();
  private final OutcomeWriter writer = new OutcomeWriter(unreachable);

  @Test
  void whatCannotBeSentFailsTheCheckpointThatNeedsIt() {
    assertThatThrownBy(() -> writer.flush(false)).hasMessage("not sent");
  }

  @Test
  void whatCannotBeSentByATaskThatEndsIsNoFailureOfItsProcess() {
    assertThatCode(writer::close).doesNotThrowAnyException();
    assertThat(unreachable.closed).isTrue();
  }

  /** A writer whose broker is away. */
  private static final class Unreachable
      implements PrecommittingStatefulSinkWriter<OutputRecord, KafkaWriterState, KafkaCommittable> {
    private boolean closed;

    @Override
    public void write(OutputRecord record, Context context) {}

    @Override
    public void flush(boolean endOfInput) throws IOException {
      throw new IOException("not sent");
    }

    @Override
    public Collection<KafkaCommittable> prepareCommit() {
      return List.of();
    }

    @Override
    public List<KafkaWriterState> snapshotState(long checkpoint) {
      return List.of();
    }

    @Override
    public void close() throws IOException {
      closed = true;
      throw new IOException("not sent");
    }
  }
}
