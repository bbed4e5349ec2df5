package dev.millrace.engine.model;

import dev.millrace.engine.ModelInfo;
import dev.millrace.engine.scheduler.SampledToken;
import dev.millrace.engine.scheduler.StepPlan;
import java.util.List;

/**
 * A language model with its KV cache on one device. Confined to the engine thread, which creates,
 * calls and closes it.
 */
public interface Model extends AutoCloseable {

  ModelInfo info();

  /**
   * Computes every chunk of the plan: writes its keys and values to the sequence's cache slots and
   * samples the next token of each chunk that reaches its sequence's end. Running the same plan
   * again gives the same answer, which is what makes bisecting a failed step possible.
   *
   * @return one entry per chunk that {@linkplain dev.millrace.engine.scheduler.Chunk#samples()
   *     samples}, in the plan's order
   * @throws DeviceLostException if the device is gone and only a new process can get it back
   * @throws DeviceMemoryException if the device had no memory for it; a smaller one may succeed
   * @throws RuntimeException if this plan could not be computed; others may still succeed
   */
  List<SampledToken> forward(StepPlan plan);

  /** How much of the last {@link #forward} was spent in native code. */
  default long nativeNanos() {
    return 0;
  }

  @Override
  void close();
}
