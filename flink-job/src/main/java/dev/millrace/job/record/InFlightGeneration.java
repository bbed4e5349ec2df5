package dev.millrace.job.record;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Progress;
import java.util.OptionalLong;

/**
 * A generation under way, as a checkpoint keeps it: enough to go on after a failure from the last
 * token that was generated.
 *
 * @param weightsHash of the model that the prompt was encoded for and that generated the tokens
 * @param generated the tokens so far, with their log probabilities if the request asks for them
 * @param attempts how often it was given to an engine, 1 or more
 * @param firstTokenBy when it was first known to have a token, in epoch milliseconds
 */
public record InFlightGeneration(
    GenerationTask task,
    String weightsHash,
    Progress generated,
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
    return new InFlightGeneration(task, weightsHash, Progress.NONE, 1, OptionalLong.empty());
  }

  /** The same after a restore. */
  public InFlightGeneration nextAttempt() {
    return new InFlightGeneration(task, weightsHash, generated, attempts + 1, firstTokenBy);
  }

  /** A task that starts anew, because its earlier attempts were another model's. */
  public static InFlightGeneration startedAgain(
      GenerationTask task, String weightsHash, int attempt) {
    return new InFlightGeneration(task, weightsHash, Progress.NONE, attempt, OptionalLong.empty());
  }

  /** The same at a checkpoint at time {@code now}, with what the engine has by then. */
  public InFlightGeneration at(long now, Progress progress) {
    OptionalLong first =
        firstTokenBy.isPresent() || progress.isEmpty() ? firstTokenBy : OptionalLong.of(now);
    return new InFlightGeneration(task, weightsHash, progress, attempts, first);
  }

  /** What to submit for this attempt. */
  public GenerateRequest request() {
    return generated.isEmpty() ? task.request() : task.request().resumedFrom(generated);
  }
}
