package dev.millrace.job.reuse;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.Completion;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Generation;
import dev.millrace.engine.Progress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A request that waits for an equal one instead of running: no engine knows of it. */
public record WaitingGeneration(GenerateRequest request) implements Generation {
  public WaitingGeneration {
    requireNonNull(request, "request");
  }

  @Override
  public Progress progress() {
    return request.progress();
  }

  /** Never completes: whoever made it wait says what becomes of it. */
  @Override
  public CompletionStage<Completion> completion() {
    return new CompletableFuture<>();
  }

  @Override
  public void cancel() {}
}
