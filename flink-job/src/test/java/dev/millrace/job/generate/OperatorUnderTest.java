package dev.millrace.job.generate;

import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.TestSettings;
import dev.millrace.job.model.FakeModel;
import dev.millrace.job.model.ModelRuntimeFactory;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.Prepared;
import dev.millrace.job.reuse.ResultKey;
import dev.millrace.job.serialization.OutputRecordSerializer;
import dev.millrace.job.serialization.PreparedSerializer;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.streaming.runtime.tasks.mailbox.Mail;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;

/** One {@link GenerateOperator} in Flink's test harness, its mailbox worked off by the test. */
final class OperatorUnderTest implements AutoCloseable {
  private static final int MAX_PARALLELISM = 8;

  private final OneInputStreamOperatorTestHarness<Prepared, OutputRecord> harness;
  private boolean closed;

  private OperatorUnderTest(FakeModel model, JobSettings settings, int parallelism, int subtask)
      throws Exception {
    this(model.factory(), settings, parallelism, subtask);
  }

  private OperatorUnderTest(
      ModelRuntimeFactory models, JobSettings settings, int parallelism, int subtask)
      throws Exception {
    harness =
        harness(new GenerateOperatorFactory(settings, models), settings, parallelism, subtask);
    harness.getStreamConfig().setupNetworkInputs(new PreparedSerializer());
    harness.getStreamConfig().serializeAllConfigs();
    harness.setup(new OutputRecordSerializer());
    harness.setProcessingTime(5_000);
  }

  private static OneInputStreamOperatorTestHarness<Prepared, OutputRecord> harness(
      GenerateOperatorFactory factory, JobSettings settings, int parallelism, int subtask)
      throws Exception {
    return settings.reuse().enabled()
        ? new KeyedOneInputStreamOperatorTestHarness<>(
            factory, new ResultKey(), Types.STRING, MAX_PARALLELISM, parallelism, subtask)
        : new OneInputStreamOperatorTestHarness<>(factory, MAX_PARALLELISM, parallelism, subtask);
  }

  static OperatorUnderTest on(FakeModel model) throws Exception {
    return on(model, TestSettings.defaults());
  }

  static OperatorUnderTest on(FakeModel model, JobSettings settings) throws Exception {
    OperatorUnderTest operator = new OperatorUnderTest(model, settings, 1, 0);
    operator.harness.open();
    return operator;
  }

  static OperatorUnderTest guarded(FakeModel model, FakeModel guard, JobSettings settings)
      throws Exception {
    OperatorUnderTest operator = new OperatorUnderTest(model.factoryBeside(guard), settings, 1, 0);
    operator.harness.open();
    return operator;
  }

  static OperatorUnderTest guarded(
      FakeModel model, FakeModel guard, JobSettings settings, OperatorSubtaskState state)
      throws Exception {
    OperatorUnderTest operator = new OperatorUnderTest(model.factoryBeside(guard), settings, 1, 0);
    operator.harness.initializeState(state);
    operator.harness.open();
    return operator;
  }

  static OperatorUnderTest restored(FakeModel model, OperatorSubtaskState state) throws Exception {
    return restored(model, TestSettings.defaults(), state);
  }

  static OperatorUnderTest restored(
      FakeModel model, JobSettings settings, OperatorSubtaskState state) throws Exception {
    OperatorUnderTest operator = new OperatorUnderTest(model, settings, 1, 0);
    operator.harness.initializeState(state);
    operator.harness.open();
    return operator;
  }

  /** Subtask {@code subtask} of two, from the state of one. */
  static OperatorUnderTest rescaled(FakeModel model, OperatorSubtaskState state, int subtask)
      throws Exception {
    return rescaled(model, TestSettings.defaults(), state, subtask);
  }

  static OperatorUnderTest rescaled(
      FakeModel model, JobSettings settings, OperatorSubtaskState state, int subtask)
      throws Exception {
    OperatorUnderTest operator = new OperatorUnderTest(model, settings, 2, subtask);
    operator.harness.initializeState(
        OneInputStreamOperatorTestHarness.repartitionOperatorState(
            state, MAX_PARALLELISM, 1, 2, subtask));
    operator.harness.open();
    return operator;
  }

  /** Which of two subtasks a task goes to if it shares its result. */
  static int subtaskOfTwo(GenerationTask task) {
    return KeyGroupRangeAssignment.assignKeyToParallelOperator(
        ResultKey.of(task), MAX_PARALLELISM, 2);
  }

  /** With a state backend other than the default. */
  static OperatorUnderTest on(
      FakeModel model,
      JobSettings settings,
      StateBackend backend,
      Optional<OperatorSubtaskState> state)
      throws Exception {
    OperatorUnderTest operator = new OperatorUnderTest(model, settings, 1, 0);
    operator.harness.setStateBackend(backend);
    if (state.isPresent()) {
      operator.harness.initializeState(state.get());
    }
    operator.harness.open();
    return operator;
  }

  static OperatorUnderTest unopened(FakeModel model) throws Exception {
    return new OperatorUnderTest(model, TestSettings.defaults(), 1, 0);
  }

  /** What time the state's time to live is counted by. */
  void stateTimeIs(long millis) throws Exception {
    harness.setStateTtlProcessingTime(millis);
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
