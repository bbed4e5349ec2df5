package dev.millrace.job.generate;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.Completion;
import dev.millrace.engine.FinishReason;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Generation;
import dev.millrace.engine.Progress;
import dev.millrace.job.guard.GuardCheck;
import dev.millrace.schema.GuardReport;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * A generation with its guard's steps before and after it. To a checkpoint it is what the
 * generation is: the guard's steps are not kept, and done again after a failure.
 */
final class GuardedGeneration implements Generation {
  private final GenerateRequest request;
  private final GuardCheck check;
  private final CompletableFuture<Completion> completion = new CompletableFuture<>();
  private volatile Optional<Generation> running = Optional.empty();

  private GuardedGeneration(GenerateRequest request, GuardCheck check) {
    this.request = requireNonNull(request, "request");
    this.check = requireNonNull(check, "check");
  }

  /**
   * Begins with the guard; on the task thread.
   *
   * @param generation begins to generate, once the guard lets the request go on
   */
  static GuardedGeneration start(
      GenerateRequest request,
      GuardCheck check,
      Supplier<Generation> generation,
      Executor taskThread) {
    GuardedGeneration guarded = new GuardedGeneration(request, check);
    CompletableFuture<?> unused =
        check
            .input()
            .thenCompose(passed -> guarded.generate(generation, taskThread))
            .thenCompose(guarded::look)
            .whenComplete(guarded::settle);
    return guarded;
  }

  private CompletableFuture<Completion> generate(
      Supplier<Generation> generation, Executor taskThread) {
    Generation begun = generation.get();
    running = Optional.of(begun);
    return begun.completion().toCompletableFuture().thenApplyAsync(answer -> answer, taskThread);
  }

  private CompletableFuture<Completion> look(Completion answer) {
    return answer.finishReason() == FinishReason.CANCELLED
        ? CompletableFuture.completedFuture(answer)
        : check.output(List.of(answer.text())).thenApply(texts -> with(answer, texts.get(0)));
  }

  /** Log probabilities would say what a mask hides. */
  private static Completion with(Completion answer, String text) {
    return text.equals(answer.text())
        ? answer
        : new Completion(
            answer.id(),
            answer.tokens(),
            text,
            answer.finishReason(),
            answer.usage(),
            answer.timing(),
            List.of(),
            answer.valid(),
            answer.labelScores());
  }

  private void settle(Completion answer, Throwable failure) {
    if (failure == null) {
      completion.complete(answer);
    } else {
      completion.completeExceptionally(Failure.cause(failure));
    }
  }

  /** What the guard found and let go on, once this is complete. */
  GuardReport report() {
    return check.report();
  }

  @Override
  public GenerateRequest request() {
    return request;
  }

  @Override
  public Progress progress() {
    return running.map(Generation::progress).orElseGet(request::progress);
  }

  @Override
  public CompletionStage<Completion> completion() {
    return completion;
  }

  @Override
  public void cancel() {
    running.ifPresent(Generation::cancel);
  }
}
