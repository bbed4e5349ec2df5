package dev.millrace.engine.model;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.Device;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.kernel.Kernels;

/**
 * How a checkpoint runs, with every default decided but the cache's size, which depends on what the
 * weights leave free.
 *
 * @param type of weights, activations and cache: float32 or bfloat16; float16 overflows
 * @param contextLength the longest sequence, in tokens
 * @param cacheTokens slots of the KV cache; 0 takes what {@link FreeMemory} allows
 * @param threads of PyTorch's pool on the processor
 * @param kernels whether Millrace's own kernels are used, where they can be
 */
record ModelSettings(
    Device device,
    FloatType type,
    int contextLength,
    int cacheTokens,
    int threads,
    boolean kernels) {
  /**
   * Weights that keep a thread busy for longer than it takes to wait for another one after each
   * operation. The demo model, of 6 MB, is as fast with one thread as with two, and the other
   * processor is free for what is around it (docs/benchmarks.md).
   */
  private static final double BYTES_PER_THREAD = 8 << 20;

  ModelSettings {
    requireNonNull(device);
    requireNonNull(type);
  }

  /** The options' values, and defaults that suit the checkpoint and this machine. */
  static ModelSettings of(EngineOptions options, ModelConfig config) {
    FloatType type =
        switch (options.precision()) {
          case FLOAT32 -> FloatType.FLOAT32;
          case BFLOAT16 -> FloatType.BFLOAT16;
          case AUTO -> NativeTypes.best(options.device(), config.type());
        };
    return new ModelSettings(
        options.device(),
        type,
        config.maxPositions(),
        options.cacheTokens(),
        options.threads() > 0
            ? options.threads()
            : threads(StepCost.weights(config) * type.bytes()),
        Kernels.enabled());
  }

  /** All processors, but no more than have a fair part of the weights. */
  private static int threads(double weightBytes) {
    int worthwhile = (int) Math.max(1, weightBytes / BYTES_PER_THREAD);
    return Math.min(worthwhile, Runtime.getRuntime().availableProcessors());
  }
}
