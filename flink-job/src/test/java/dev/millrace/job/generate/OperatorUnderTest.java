package dev.millrace.job.generate;

import dev.millrace.job.config.TestSettings;
import dev.millrace.job.model.FakeModel;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.Prepared;
import dev.millrace.job.serialization.OutputRecordSerializer;
import dev.millrace.job.serialization.PreparedSerializer;
import java.util.List;
import java.util.Optional;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.runtime.tasks.mailbox.Mail;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;

/** One {@link GenerateOperator} in Flink's test harness, its mailbox worked off by the test. */
final class OperatorUnderTest implements AutoCloseable {
  private final OneInputStreamOperatorTestHarness<Prepared, OutputRecord> harness;
  private boolean closed;

  private OperatorUnderTest(FakeModel model, int parallelism, int subtask) throws Exception {
    harness =
        new OneInputStreamOperatorTestHarness<>(
            new GenerateOperatorFactory(TestSettings.defaults(), model.factory()),
            8,
            parallelism,
            subtask);
    harness.getStreamConfig().setupNetworkInputs(new PreparedSerializer());
    harness.getStreamConfig().serializeAllConfigs();
    harness.setup(new OutputRecordSerializer());
    harness.setProcessingTime(5_000);
  }

  static OperatorUnderTest on(FakeModel model) throws Exception {
    OperatorUnderTest operator = new OperatorUnderTest(model, 1, 0);
    operator.harness.open();
    return operator;
  }

  static OperatorUnderTest restored(FakeModel model, OperatorSubtaskState state) throws Exception {
    OperatorUnderTest operator = new OperatorUnderTest(model, 1, 0);
    operator.harness.initializeState(state);
    operator.harness.open();
    return operator;
  }

  /** Subtask {@code subtask} of two, from the state of one. */
  static OperatorUnderTest rescaled(FakeModel model, OperatorSubtaskState state, int subtask)
      throws Exception {
    OperatorUnderTest operator = new OperatorUnderTest(model, 2, subtask);
    operator.harness.initializeState(
        OneInputStreamOperatorTestHarness.repartitionOperatorState(state, 8, 1, 2, subtask));
    operator.harness.open();
    return operator;
  }

  static OperatorUnderTest unopened(FakeModel model) throws Exception {
    return new OperatorUnderTest(model, 1, 0);
  }

  void process(Prepared prepared) throws Exception {
    harness.processElement(prepared, 1_000);
  }

  void watermark(long timestamp) throws Exception {
    harness.processWatermark(timestamp);
  }

  void timeIs(long millis) throws Exception {
    harness.setProcessingTime(millis);
  }

  void endInput() throws Exception {
    harness.endInput();
  }

  OperatorSubtaskState snapshot() throws Exception {
    return harness.snapshot(1, 1);
  }

  /** Works off all mails, as the task thread does between records. */
  void runMails() throws Exception {
    TaskMailbox mailbox = harness.getTaskMailbox();
    Optional<Mail> mail = mailbox.tryTake(TaskMailbox.MIN_PRIORITY);
    while (mail.isPresent()) {
      mail.get().run();
      mail = mailbox.tryTake(TaskMailbox.MIN_PRIORITY);
    }
  }

  List<OutputRecord> output() {
    return harness.extractOutputValues();
  }

  /** Records and watermarks in the order of their emission. */
  List<Object> everything() {
    return List.copyOf(harness.getOutput());
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      harness.close();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
