package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.scheduler.Chunk;
import dev.millrace.engine.scheduler.StepPlan;

/**
 * What one step computed and where its time went.
 *
 * @param sequences in the step
 * @param tokens computed
 * @param sampled sequences whose next token was sampled
 * @param contextTokens whose keys and values were read from the cache, each sequence's once
 * @param attendedTokens that the computed ones attend to: the pairs of query and key
 */
public record StepReport(
    int sequences, int tokens, int sampled, long contextTokens, long attendedTokens, Times times) {
  public StepReport {
    requireNonNull(times);
  }

  static StepReport of(StepPlan plan, int sampled, Times times) {
    int tokens = 0;
    long context = 0;
    long attended = 0;
    for (Chunk chunk : plan.chunks()) {
      long count = chunk.count();
      tokens += chunk.count();
      context += chunk.end();
      attended += count * chunk.start() + count * (count + 1) / 2;
    }
    return new StepReport(plan.size(), tokens, sampled, context, attended, times);
  }

  /** Whether every sequence computed one token, so that nothing but decoding happened. */
  public boolean isDecode() {
    return tokens == sequences;
  }

  /**
   * A step's time in nanoseconds.
   *
   * @param schedule to decide what is computed
   * @param prepare to bring it into tensors
   * @param forward in native code
   * @param commit to take over the sampled tokens
   */
  public record Times(long schedule, long prepare, long forward, long commit) {
    /** All of it. */
    public long total() {
      return schedule + prepare + forward + commit;
    }
  }
}
