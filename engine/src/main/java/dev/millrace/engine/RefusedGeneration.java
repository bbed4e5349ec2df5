package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A request that the engine did not take. */
record RefusedGeneration(GenerateRequest request, GenerationException cause) implements Generation {
  RefusedGeneration {
    requireNonNull(request);
    requireNonNull(cause);
  }

  @Override
  public Progress progress() {
    return request.progress();
  }

  @Override
  public CompletionStage<Completion> completion() {
    return CompletableFuture.failedStage(cause);
  }

  @Override
  public void cancel() {}
}
