package dev.millrace.job.generate;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.Completion;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Generation;
import dev.millrace.job.compound.CompoundProgress;
import dev.millrace.job.compound.Step;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.RequestDefaults;
import dev.millrace.job.event.RecordReader;
import dev.millrace.job.guard.GuardChecks;
import dev.millrace.job.guard.Guards;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.job.outcome.CompletionOutcome;
import dev.millrace.job.outcome.Completions;
import dev.millrace.job.outcome.DeadLetters;
import dev.millrace.job.outcome.Finished;
import dev.millrace.job.outcome.GoldTally;
import dev.millrace.job.outcome.Reply;
import dev.millrace.job.outcome.TaskOutcomes;
import dev.millrace.job.prepare.PromptPreparer;
import dev.millrace.job.record.CompoundTask;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.InFlightGeneration;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.Prepared;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.record.Refusal;
import dev.millrace.job.record.RefusedException;
import dev.millrace.job.task.Tasks;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Answers one record at a time without a job, with the outcome that a job would give it: to try a
 * task. Not thread-safe.
 */
public final class DirectAnswer {
  private final ModelRuntime model;
  private final GuardChecks guards;
  private final PromptPreparer preparer;
  private final Completions completions;
  private final TaskOutcomes outcomes;
  private final Clock clock = Clock.systemUTC();

  /** Without a guard. */
  public DirectAnswer(ModelRuntime model, RequestDefaults defaults, Tasks tasks) {
    this(model, defaults, tasks, Guards.none(), GuardChecks.none());
  }

  /** With the job's guards. */
  public DirectAnswer(ModelRuntime model, JobSettings settings, GuardChecks checks) {
    this(model, settings.defaults(), settings.tasks().tasks(), settings.guard().guards(), checks);
  }

  private DirectAnswer(
      ModelRuntime model,
      RequestDefaults defaults,
      Tasks tasks,
      Guards guards,
      GuardChecks checks) {
    this.model = requireNonNull(model, "model");
    this.guards = requireNonNull(checks, "checks");
    RecordReader records = new RecordReader(defaults.maxRecordBytes(), tasks);
    this.preparer = new PromptPreparer(model, defaults, tasks, guards, records);
    this.completions = new Completions(model.card(), model.encoder());
    this.outcomes = new TaskOutcomes(tasks, records, new GoldTally(), checks.inputs());
  }

  /** The records of the outcome; waits until all is generated. */
  public List<OutputRecord> answer(PromptRecord record) {
    Prepared prepared = preparer.prepare(record);
    try {
      if (prepared instanceof GenerationTask task) {
        return outcomes.of(answer(task));
      }
      if (prepared instanceof CompoundTask task) {
        return outcomes.of(answer(task));
      }
      return List.of(((Refusal) prepared).deadLetter());
    } catch (RefusedException e) {
      return List.of(DeadLetters.of(record, Optional.empty(), e.code(), e.getMessage()));
    } catch (CompletionException e) {
      Failure failure = Failure.of(e);
      return List.of(
          DeadLetters.of(
              record,
              Optional.empty(),
              failure.stage(),
              failure.code(),
              failure.message(),
              1,
              failure.category()));
    }
  }

  private Finished answer(GenerationTask task) {
    InFlightGeneration generation =
        InFlightGeneration.first(task, model.weightsHash(task.request()));
    long submittedAt = clock.millis();
    RunningGeneration running =
        new RunningGeneration(generation, submit(generation), submittedAt, Optional.empty());
    Completion completion = await(running.generation());
    CompletionOutcome outcome =
        new CompletionOutcome(
            generation, completion, submittedAt, clock.millis(), running.guardReport());
    return Finished.single(task, 1, completions.result(outcome), completions.latency(outcome));
  }

  private Generation submit(InFlightGeneration generation) {
    GenerationTask task = generation.task();
    GenerateRequest request = generation.request();
    return guards
        .of(task.origin(), task.task(), request)
        .<Generation>map(
            check ->
                GuardedGeneration.start(request, check, () -> model.submit(request), Runnable::run))
        .orElseGet(() -> model.submit(request));
  }

  private Finished answer(CompoundTask task) throws RefusedException {
    RunningCompound compound =
        new RunningCompound(
            new CompoundProgress(task, preparer.reduction(task), List.of()),
            model.weightsHash(task.first().get(0)),
            1,
            OptionalLong.empty(),
            clock.millis(),
            guards.of(task.origin(), Optional.of(task.task()), task.first().get(0)));
    compound.guardInput().ifPresent(CompletableFuture::join);
    List<Step> ready = compound.begin();
    while (!compound.isDone()) {
      ready = answer(compound, ready);
    }
    compound.guardOutput().ifPresent(CompletableFuture::join);
    CompletionOutcome outcome = compound.outcome(clock.millis());
    return new Finished(
        outcome.generation().task(),
        1,
        completions.result(outcome),
        completions.latency(outcome),
        compound.answers().stream().map(Reply::of).toList(),
        compound.parts());
  }

  /** Answers the steps of one level together; says what the next level needs. */
  private List<Step> answer(RunningCompound compound, List<Step> level) throws RefusedException {
    List<Generation> generations =
        level.stream().map(step -> model.submit(step.request())).toList();
    List<Step> next = new ArrayList<>();
    for (int i = 0; i < level.size(); i++) {
      next.addAll(compound.accept(level.get(i), await(generations.get(i))));
    }
    return next;
  }

  private static Completion await(Generation generation) {
    return generation.completion().toCompletableFuture().join();
  }
}
