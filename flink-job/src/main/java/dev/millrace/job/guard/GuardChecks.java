package dev.millrace.job.guard;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.GenerateRequest;
import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.event.RecordReader;
import dev.millrace.job.model.ModelOpening;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.job.model.ModelRuntimeFactory;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.task.Tasks;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.GuardSide;
import dev.millrace.schema.GuardVerdict;
import dev.millrace.schema.Message;
import dev.millrace.schema.RecordFormatException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.flink.runtime.execution.SuppressRestartsException;

/** Starts a {@link GuardCheck} for each record that has a guard. Task thread only. */
public final class GuardChecks implements AutoCloseable {
  private final InputGuard inputs;
  private final RecordReader records;
  private final Optional<ModelGuard> model;
  private final Executor taskThread;

  private GuardChecks(
      InputGuard inputs, RecordReader records, Optional<ModelGuard> model, Executor taskThread) {
    this.inputs = requireNonNull(inputs, "inputs");
    this.records = requireNonNull(records, "records");
    this.model = requireNonNull(model, "model");
    this.taskThread = requireNonNull(taskThread, "taskThread");
  }

  /** For nobody. */
  public static GuardChecks none() {
    return new GuardChecks(
        new InputGuard(Guards.none(), Tasks.none()),
        new RecordReader(Long.MAX_VALUE, Tasks.none()),
        Optional.empty(),
        Runnable::run);
  }

  /**
   * Opens the guards' model, if any of them asks one.
   *
   * @param records reads a prompt's record again, which is not kept in tokens
   * @param taskThread what the engine has said is carried on there
   */
  public static GuardChecks open(
      JobSettings settings, ModelRuntimeFactory models, RecordReader records, Executor taskThread) {
    Guards guards = settings.guard().guards();
    Tasks tasks = settings.tasks().tasks();
    Optional<ModelGuard> model = guards.model().map(wanted -> open(wanted, settings, models));
    return new GuardChecks(new InputGuard(guards, tasks), records, model, taskThread);
  }

  private static ModelGuard open(
      GuardModel wanted, JobSettings settings, ModelRuntimeFactory models) {
    ModelRuntime model = ModelOpening.open(models, wanted.settings(settings.model()));
    try {
      return new ModelGuard(model, wanted);
    } catch (ConfigurationException e) {
      model.close();
      throw new SuppressRestartsException(e); // which trying again cannot help
    }
  }

  /** What the rules make of requests. */
  public InputGuard inputs() {
    return inputs;
  }

  /** The check of a record; empty if it has no guard. */
  public Optional<GuardCheck> of(
      PromptRecord origin, Optional<String> task, GenerateRequest request) {
    return inputs.policy(task).map(policy -> check(policy, origin, request));
  }

  private GuardCheck check(GuardPolicy policy, PromptRecord origin, GenerateRequest request) {
    if (policy.model().isEmpty() && !policy.covers(GuardSide.INPUT)) {
      return new GuardCheck(policy, model, List.of(), List.of(), request, taskThread);
    }
    GenerationRequest brought = read(origin);
    List<GuardVerdict> found = inputs.screen(brought);
    List<Message> conversation = policy.model().isPresent() ? Conversation.of(brought) : List.of();
    return new GuardCheck(policy, model, conversation, found, request, taskThread);
  }

  private GenerationRequest read(PromptRecord origin) {
    try {
      return records.read(origin);
    } catch (RecordFormatException e) {
      throw new IllegalStateException("a record that was read is none any more", e);
    }
  }

  /** Whether a task from a checkpoint was prepared under the guard that its requests have now. */
  public boolean isCurrent(GenerationTask task) {
    return inputs.isCurrent(task);
  }

  /** Whether the guards' model has far too much to do already. */
  public boolean isOverfull() {
    return model.map(guard -> guard.model().load().isOverfull()).orElse(false);
  }

  /** Completes as soon as the guards' model has room for more. */
  public CompletionStage<Void> room() {
    return model
        .map(guard -> guard.model().room())
        .orElseGet(() -> CompletableFuture.completedFuture(null));
  }

  @Override
  public void close() {
    model.ifPresent(ModelGuard::close);
  }
}
