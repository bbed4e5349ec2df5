package dev.millrace.job.record;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.OptionalLong;

/**
 * A {@link CompoundTask} under way, as a checkpoint keeps it. The prompts are not in it: they are
 * made again from the record, and the answers count if that makes the same plan.
 *
 * @param plan the task's {@link CompoundTask#plan()}
 * @param weightsHash of the model that answered, and of its adapter
 * @param attempts how often it was begun, 1 or more
 * @param firstTokenBy when it was first known to have a token, in epoch milliseconds
 * @param steps the generations in the order in which they were begun
 */
public record InFlightCompound(
    PromptRecord origin,
    String plan,
    String weightsHash,
    int attempts,
    OptionalLong firstTokenBy,
    List<StepState> steps) {
  public InFlightCompound {
    requireNonNull(origin, "origin");
    requireNonNull(plan, "plan");
    requireNonNull(weightsHash, "weightsHash");
    requireNonNull(firstTokenBy, "firstTokenBy");
    steps = List.copyOf(steps);
    if (attempts < 1) {
      throw new IllegalArgumentException("attempts " + attempts + " must be at least 1");
    }
  }
}
