package dev.millrace.job.generate;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.Completion;
import dev.millrace.engine.FinishReason;
import dev.millrace.engine.Progress;
import dev.millrace.engine.Timing;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.Usage;
import dev.millrace.job.compound.CompoundProgress;
import dev.millrace.job.compound.Step;
import dev.millrace.job.guard.GuardCheck;
import dev.millrace.job.outcome.CompletionOutcome;
import dev.millrace.job.outcome.PartCounts;
import dev.millrace.job.record.Answer;
import dev.millrace.job.record.CompoundTask;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.InFlightCompound;
import dev.millrace.job.record.InFlightGeneration;
import dev.millrace.job.record.RefusedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.IntStream;

/** A compound task with its generations in the engine. Task thread only. */
final class RunningCompound implements Running {
  private final CompoundProgress progress;
  private final String weightsHash;
  private final int attempts;
  private final long submittedAt;
  private final Optional<GuardCheck> guard;
  private final List<Timing> timings = new ArrayList<>();
  private final List<Timing> firstTimings = new ArrayList<>();
  private OptionalLong firstTokenBy;
  private Optional<List<String>> guardedTexts = Optional.empty();

  RunningCompound(
      CompoundProgress progress,
      String weightsHash,
      int attempts,
      OptionalLong firstTokenBy,
      long submittedAt,
      Optional<GuardCheck> guard) {
    this.progress = requireNonNull(progress, "progress");
    this.weightsHash = requireNonNull(weightsHash, "weightsHash");
    this.attempts = attempts;
    this.firstTokenBy = requireNonNull(firstTokenBy, "firstTokenBy");
    this.submittedAt = submittedAt;
    this.guard = requireNonNull(guard, "guard");
  }

  /** Has its guard, if there is one, look at what was asked; completes on the task thread. */
  Optional<CompletableFuture<Void>> guardInput() {
    return guard.map(GuardCheck::input);
  }

  /** The same with the answers of the last level. */
  Optional<CompletableFuture<Void>> guardOutput() {
    return guard.map(this::guardOutput);
  }

  private CompletableFuture<Void> guardOutput(GuardCheck check) {
    List<String> texts = progress.result().stream().map(Answer::text).toList();
    return check.output(texts).thenAccept(screened -> guardedTexts = Optional.of(screened));
  }

  CompoundTask task() {
    return progress.task();
  }

  int attempts() {
    return attempts;
  }

  /** What to give to the engine first. */
  List<Step> begin() throws RefusedException {
    return progress.begin();
  }

  /** Takes a step's answer; says what to give to the engine next. */
  List<Step> accept(Step step, Completion completion) throws RefusedException {
    if (completion.finishReason() == FinishReason.CANCELLED) {
      throw new IllegalStateException(completion.id() + " was cancelled by somebody else");
    }
    timings.add(completion.timing());
    if (progress.levels() == 1) {
      firstTimings.add(completion.timing());
    }
    return progress.accept(step, Answer.of(completion));
  }

  boolean isDone() {
    return progress.isDone();
  }

  @Override
  public void cancel() {
    progress.cancel();
  }

  /** What a checkpoint at time {@code now} keeps of it. */
  InFlightCompound snapshot(long now) {
    if (firstTokenBy.isEmpty() && progress.hasToken()) {
      firstTokenBy = OptionalLong.of(now);
    }
    return new InFlightCompound(
        task().origin(), task().plan(), weightsHash, attempts, firstTokenBy, progress.snapshot());
  }

  /** All of its generations as one. */
  CompletionOutcome outcome(long now) {
    return new CompletionOutcome(
        generation(), completion(), submittedAt, now, guard.map(GuardCheck::report));
  }

  /** The answers of its last level, as its guard lets them leave. */
  List<Answer> answers() {
    List<Answer> answers = progress.result();
    return guardedTexts
        .map(
            texts ->
                IntStream.range(0, texts.size())
                    .mapToObj(i -> answers.get(i).withText(texts.get(i)))
                    .toList())
        .orElse(answers);
  }

  PartCounts parts() {
    List<Answer> generated = progress.generated();
    int cut = (int) generated.stream().filter(Answer::isCut).count();
    return new PartCounts(task().first().size(), generated.size(), progress.levels(), cut);
  }

  private InFlightGeneration generation() {
    GenerationTask whole =
        new GenerationTask(
            task().origin(),
            task().first().get(0),
            task().attributes(),
            task().templateVersion(),
            Optional.of(task().task()));
    return new InFlightGeneration(whole, weightsHash, Progress.NONE, attempts, firstTokenBy);
  }

  private Completion completion() {
    Answer last = answers().get(answers().size() - 1);
    return new Completion(
        task().id(),
        TokenIds.empty(),
        last.text(),
        last.finishReason(),
        usage(progress.generated()),
        timing(),
        List.of(),
        Optional.empty(),
        Optional.empty());
  }

  private static Usage usage(List<Answer> answers) {
    return new Usage(
        answers.stream().mapToInt(answer -> answer.usage().promptTokens()).sum(),
        answers.stream().mapToInt(answer -> answer.usage().cachedPromptTokens()).sum(),
        answers.stream().mapToInt(answer -> answer.usage().completionTokens()).sum(),
        answers.stream().mapToInt(answer -> answer.usage().resumedTokens()).sum());
  }

  /** The shortest wait on the first level, and the time that all steps took one by one. */
  private Timing timing() {
    return new Timing(
        shortest(Timing::queued),
        shortest(Timing::toFirstToken),
        timings.stream().map(Timing::total).reduce(Duration.ZERO, Duration::plus),
        timings.stream().mapToDouble(Timing::meanBatchSize).average().orElse(0));
  }

  private Duration shortest(Function<Timing, Duration> wait) {
    return firstTimings.stream().map(wait).min(Duration::compareTo).orElse(Duration.ZERO);
  }
}
