package dev.millrace.engine.model;

import dev.millrace.engine.ModelInfo;
import dev.millrace.engine.scheduler.SampledToken;
import dev.millrace.engine.scheduler.StepPlan;
import java.nio.file.Path;
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

  /**
   * Loads a LoRA adapter, for the sequences that {@linkplain
   * dev.millrace.engine.scheduler.Sequence#adapter() carry} its number.
   *
   * @param number greater than 0, and no other adapter's before
   * @param directory in PEFT layout
   * @return what identifies its weights
   * @throws dev.millrace.engine.CheckpointException if the adapter cannot be served with this model
   */
  String loadAdapter(int number, Path directory);

  /** Frees an adapter that no sequence needs any more. */
  void dropAdapter(int number);

  @Override
  void close();
}
