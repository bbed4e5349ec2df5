package dev.millrace.job.record;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.TokenIds;
import java.util.OptionalLong;

/**
 * A generation under way, as a checkpoint keeps it: enough to go on after a failure from the last
 * token that was generated.
 *
 * @param weightsHash of the model that the prompt was encoded for and that generated the tokens
 * @param generated the tokens so far; empty for a request with log probabilities, which are not
 *     kept and so have to be computed again
 * @param attempts how often it was given to an engine, 1 or more
 * @param firstTokenBy when it was first known to have a token, in epoch milliseconds
 */
public record InFlightGeneration(
    GenerationTask task,
    String weightsHash,
    TokenIds generated,
    int attempts,
    OptionalLong firstTokenBy) {
  public InFlightGeneration {
    requireNonNull(task, "task");
    requireNonNull(weightsHash, "weightsHash");
    requireNonNull(generated, "generated");
    requireNonNull(firstTokenBy, "firstTokenBy");
    if (attempts < 1) {
      throw new IllegalArgumentException("attempts " + attempts + " must be at least 1");
    }
  }

  /** A task on its first attempt, for the model with these weights. */
  public static InFlightGeneration first(GenerationTask task, String weightsHash) {
    return new InFlightGeneration(task, weightsHash, TokenIds.empty(), 1, OptionalLong.empty());
  }

  /** The same after a restore. */
  public InFlightGeneration nextAttempt() {
    return new InFlightGeneration(task, weightsHash, generated, attempts + 1, firstTokenBy);
  }

  /** A task that starts anew, because its earlier attempts were another model's. */
  public static InFlightGeneration startedAgain(
      GenerationTask task, String weightsHash, int attempt) {
    return new InFlightGeneration(
        task, weightsHash, TokenIds.empty(), attempt, OptionalLong.empty());
  }

  /** The same at a checkpoint at time {@code now}, with the tokens the engine has by then. */
  public InFlightGeneration at(long now, TokenIds tokens) {
    if (task.request().topLogprobs().isPresent()) {
      return this;
    }
    OptionalLong first =
        firstTokenBy.isPresent() || tokens.isEmpty() ? firstTokenBy : OptionalLong.of(now);
    return new InFlightGeneration(task, weightsHash, tokens, attempts, first);
  }

  /** What to submit for this attempt. */
  public GenerateRequest request() {
    return generated.isEmpty() ? task.request() : task.request().resumedFrom(generated);
  }
}
