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
  ModelSettings {
    requireNonNull(device);
    requireNonNull(type);
  }

  /** The options' values, and defaults that suit the checkpoint and this machine. */
  static ModelSettings of(EngineOptions options, ModelConfig config) {
    return new ModelSettings(
        options.device(),
        switch (options.precision()) {
          case FLOAT32 -> FloatType.FLOAT32;
          case BFLOAT16 -> FloatType.BFLOAT16;
          case AUTO -> NativeTypes.best(options.device(), config.type());
        },
        config.maxPositions(),
        options.cacheTokens(),
        options.threads() > 0 ? options.threads() : Runtime.getRuntime().availableProcessors(),
        Kernels.enabled());
  }
}
