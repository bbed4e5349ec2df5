package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.scheduler.Sequence;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A sequence in the engine, seen from outside. */
final class PendingGeneration implements Generation {
  private final Sequence sequence;
  private final Runnable canceller;
  private final CompletableFuture<Completion> completion = new CompletableFuture<>();

  PendingGeneration(Sequence sequence, Runnable canceller) {
    this.sequence = requireNonNull(sequence);
    this.canceller = requireNonNull(canceller);
  }

  @Override
  public GenerateRequest request() {
    return sequence.request();
  }

  @Override
  public Progress progress() {
    return sequence.progress();
  }

  @Override
  public TokenIds tokens() {
    return sequence.generated();
  }

  @Override
  public CompletionStage<Completion> completion() {
    return completion.minimalCompletionStage();
  }

  @Override
  public void cancel() {
    canceller.run();
  }

  void complete(Completion result) {
    completion.complete(result);
  }

  void fail(GenerationException cause) {
    completion.completeExceptionally(cause);
  }
}
