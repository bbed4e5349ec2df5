package dev.millrace.engine.scheduler;

import java.util.List;

/** What one step of the model computes: at most one chunk per sequence. */
public record StepPlan(List<Chunk> chunks) {
  public StepPlan {
    chunks = List.copyOf(chunks);
  }

  public boolean isEmpty() {
    return chunks.isEmpty();
  }

  /** Sequences in the step. */
  public int size() {
    return chunks.size();
  }

  /** Tokens in the step. */
  public int tokenCount() {
    return chunks.stream().mapToInt(Chunk::count).sum();
  }

  public StepPlan firstHalf() {
    return new StepPlan(chunks.subList(0, chunks.size() / 2));
  }

  public StepPlan secondHalf() {
    return new StepPlan(chunks.subList(chunks.size() / 2, chunks.size()));
  }
}
