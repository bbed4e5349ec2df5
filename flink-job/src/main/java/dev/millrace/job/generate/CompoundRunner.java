package dev.millrace.job.generate;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.Completion;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Generation;
import dev.millrace.job.compound.CompoundProgress;
import dev.millrace.job.compound.Step;
import dev.millrace.job.guard.GuardCheck;
import dev.millrace.job.prepare.PromptPreparer;
import dev.millrace.job.record.CompoundTask;
import dev.millrace.job.record.InFlightCompound;
import dev.millrace.job.record.RefusedException;
import dev.millrace.job.record.StepState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/**
 * Works through the generations of compound tasks beside the operator's single ones. They share its
 * tickets, its mailbox and its fate. Task thread only.
 */
final class CompoundRunner {
  /** What the operator does for compound tasks. */
  interface Host {
    Generation generate(GenerateRequest request, Map<String, String> attributes);

    /** Identifies the weights that answer a request. */
    String weightsHash(GenerateRequest request);

    /** Runs work on the task thread, later. */
    void mail(Runnable work);

    /** The guard's check of a task; empty if it has no guard. */
    Optional<GuardCheck> guard(CompoundTask task);

    void finished(RunningCompound compound);

    void failed(RunningCompound compound, Failure failure);
  }

  private interface NextSteps {
    List<Step> get() throws RefusedException;
  }

  private final Host host;
  private final InFlightGenerations inFlight;
  private final PromptPreparer preparer;

  CompoundRunner(Host host, InFlightGenerations inFlight, PromptPreparer preparer) {
    this.host = requireNonNull(host, "host");
    this.inFlight = requireNonNull(inFlight, "inFlight");
    this.preparer = requireNonNull(preparer, "preparer");
  }

  /** Whether the answers of a restored task answer the same prompts of the same model. */
  boolean isCurrent(InFlightCompound restored, CompoundTask prepared) {
    return restored.weightsHash().equals(weightsHash(prepared))
        && restored.plan().equals(prepared.plan());
  }

  /** All steps of a task are answered with the same adapter. */
  private String weightsHash(CompoundTask task) {
    return host.weightsHash(task.first().get(0));
  }

  /** Begins a task, on whichever attempt. */
  void start(CompoundTask task, int attempt, long now) {
    start(task, attempt, OptionalLong.empty(), List.of(), now);
  }

  /** Goes on with what a checkpoint has of a task. */
  void resume(CompoundTask task, InFlightCompound restored, long now) {
    start(task, restored.attempts() + 1, restored.firstTokenBy(), restored.steps(), now);
  }

  private void start(
      CompoundTask task,
      int attempt,
      OptionalLong firstTokenBy,
      List<StepState> restored,
      long now) {
    CompoundProgress progress = new CompoundProgress(task, preparer.reduction(task), restored);
    RunningCompound compound =
        new RunningCompound(
            progress, weightsHash(task), attempt, firstTokenBy, now, host.guard(task));
    long ticket = inFlight.add(compound);
    guarded(
        ticket, compound, compound.guardInput(), () -> advance(ticket, compound, compound::begin));
  }

  /** Goes on once the guard lets the task; at once if it has none. */
  private void guarded(
      long ticket,
      RunningCompound compound,
      Optional<CompletableFuture<Void>> guard,
      Runnable next) {
    if (guard.isEmpty()) {
      next.run();
      return;
    }
    CompletableFuture<?> unused =
        guard
            .get()
            .whenComplete(
                (passed, failure) ->
                    host.mail(
                        failure == null
                            ? next
                            : () -> fail(ticket, compound, Failure.of(failure))));
  }

  private void fail(long ticket, RunningCompound compound, Failure failure) {
    if (inFlight.drop(ticket)) {
      compound.cancel();
      host.failed(compound, failure);
    }
  }

  /** Gives the engine what comes next; where nothing does, the task is over. */
  private void advance(long ticket, RunningCompound compound, NextSteps next) {
    try {
      next.get().forEach(step -> generate(ticket, compound, step));
      if (compound.isDone()) {
        host.mail(() -> guardOutput(ticket, compound));
      }
    } catch (RefusedException e) {
      Failure refusal = Failure.of(e);
      host.mail(() -> fail(ticket, compound, refusal));
    }
  }

  private void generate(long ticket, RunningCompound compound, Step step) {
    Generation generation = host.generate(step.request(), compound.task().attributes());
    step.runsAs(generation);
    generation
        .completion()
        .whenComplete(
            (completion, failure) ->
                host.mail(() -> conclude(ticket, compound, step, completion, failure)));
  }

  private void conclude(
      long ticket, RunningCompound compound, Step step, Completion completion, Throwable failure) {
    if (!inFlight.contains(ticket)) {
      return; // another step has failed, and with it the task
    }
    if (failure == null) {
      advance(ticket, compound, () -> compound.accept(step, completion));
    } else {
      fail(ticket, compound, Failure.of(failure));
    }
  }

  private void guardOutput(long ticket, RunningCompound compound) {
    guarded(ticket, compound, compound.guardOutput(), () -> finish(ticket, compound));
  }

  private void finish(long ticket, RunningCompound compound) {
    if (inFlight.drop(ticket)) {
      host.finished(compound);
    }
  }
}
