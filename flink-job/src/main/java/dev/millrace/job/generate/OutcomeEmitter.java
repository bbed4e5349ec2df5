package dev.millrace.job.generate;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.JobSettings;
import dev.millrace.job.metrics.OutcomeMetrics;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.job.outcome.CompletionOutcome;
import dev.millrace.job.outcome.Completions;
import dev.millrace.job.outcome.DeadLetters;
import dev.millrace.job.outcome.Finished;
import dev.millrace.job.outcome.Reply;
import dev.millrace.job.outcome.TaskOutcomes;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.InFlightGeneration;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.OutputTopic;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.record.RecordHeader;
import dev.millrace.job.trace.GenerationTraces;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Makes an outcome's records and emits them, and tells whoever keeps count: metrics, spans, the
 * failure budget. Task thread only.
 */
final class OutcomeEmitter implements AutoCloseable {
  private final Output<StreamRecord<OutputRecord>> output;
  private final String modelName;
  private final Completions completions;
  private final TaskOutcomes tasks;
  private final OutcomeMetrics metrics;
  private final FailureBudget failureBudget;
  private final Optional<GenerationTraces> traces;
  private final LongSupplier clock;

  /**
   * @param clock in epoch milliseconds
   */
  OutcomeEmitter(
      Output<StreamRecord<OutputRecord>> output,
      ModelRuntime model,
      JobSettings settings,
      TaskOutcomes tasks,
      OutcomeMetrics metrics,
      LongSupplier clock) {
    this.output = requireNonNull(output, "output");
    this.modelName = model.card().name();
    this.completions = new Completions(model.card(), model.encoder());
    this.tasks = requireNonNull(tasks, "tasks");
    this.metrics = requireNonNull(metrics, "metrics");
    this.failureBudget = new FailureBudget(settings.failureBudget());
    this.traces = settings.tracing().endpoint().map(GenerationTraces::exportingTo);
    this.clock = requireNonNull(clock, "clock");
  }

  /** Emits a completion, and gives the result for whoever shares it. */
  GenerationResult completed(CompletionOutcome outcome) {
    InFlightGeneration generation = outcome.generation();
    GenerationResult result = completions.result(outcome);
    GenerationLatency latency = completions.latency(outcome);
    completed(Finished.single(generation.task(), generation.attempts(), result, latency));
    return result;
  }

  /** Emits the completion of a task that took several generations. */
  void completed(RunningCompound compound) {
    CompletionOutcome outcome = compound.outcome(now());
    completed(
        new Finished(
            outcome.generation().task(),
            compound.attempts(),
            completions.result(outcome),
            completions.latency(outcome),
            compound.answers().stream().map(Reply::of).toList(),
            compound.parts()));
  }

  private void completed(Finished finished) {
    emit(finished, () -> metrics.completed(finished.result(), finished.latency()));
  }

  /** Emits the completion of a request that an equal one was generated for. */
  void reused(GenerationTask task, GenerationResult result) {
    GenerationLatency latency = completions.latencyOfReused(task, now());
    emit(Finished.single(task, 0, Completions.reused(result, task), latency), metrics::reused);
  }

  /** Emits the dead letter of a request that failed on its way through the engine. */
  void failed(InFlightGeneration generation, Failure failure) {
    refused(
        DeadLetters.of(
            generation.task().origin(),
            Optional.of(generation.task().request().id()),
            failure.stage(),
            failure.code(),
            failure.message(),
            generation.attempts(),
            failure.category()));
  }

  /** Emits the dead letter of a task that took several generations. */
  void failed(RunningCompound compound, Failure failure) {
    refused(
        DeadLetters.of(
            compound.task().origin(),
            Optional.of(compound.task().id()),
            failure.stage(),
            failure.code(),
            failure.message(),
            compound.attempts(),
            failure.category()));
  }

  /** Emits a dead letter that is written already. */
  void refused(OutputRecord record) {
    DeadLetter letter = DeadLetters.read(record);
    metrics.refused(letter);
    if (letter.getCategory().isPresent()) {
      failureBudget.completed(now()); // what a guard is for: nothing has failed
    } else {
      failureBudget.refused(now(), letter);
    }
    emit(
        traces
            .map(spans -> record.withHeaders(spans.refused(record, letter, modelName, now())))
            .orElse(record));
  }

  /** A completion with all that belongs to it, or a dead letter if its task cannot use it. */
  private void emit(Finished finished, Runnable count) {
    List<OutputRecord> records = tasks.of(finished);
    if (records.get(0).topic() == OutputTopic.DEAD_LETTERS) {
      refused(records.get(0));
      return;
    }
    count.run();
    failureBudget.completed(now());
    traced(records, finished).forEach(this::emit);
  }

  private List<OutputRecord> traced(List<OutputRecord> records, Finished finished) {
    if (traces.isEmpty()) {
      return records;
    }
    PromptRecord prompt = finished.task().origin();
    List<RecordHeader> headers =
        traces.get().completed(prompt, finished.result(), finished.latency(), now());
    return records.stream().map(record -> record.withHeaders(headers)).toList();
  }

  /** An outcome has its prompt's timestamp, like the Kafka record it becomes. */
  private void emit(OutputRecord record) {
    OptionalLong timestamp = record.timestamp();
    output.collect(
        timestamp.isPresent()
            ? new StreamRecord<>(record, timestamp.getAsLong())
            : new StreamRecord<>(record));
  }

  private long now() {
    return clock.getAsLong();
  }

  @Override
  public void close() {
    traces.ifPresent(GenerationTraces::close);
  }
}
