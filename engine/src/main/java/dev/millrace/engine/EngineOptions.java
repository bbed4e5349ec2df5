package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Which model an engine holds and how much of the machine it may use. Two equal values mean the
 * same engine, so a process needs only one of them.
 *
 * @param checkpoint directory in Hugging Face layout
 * @param threads processor threads for the model; 0 takes all the processor has
 * @param cacheTokens token slots of the KV cache; 0 takes what the device's free memory allows
 * @param stepTokens the most tokens a step computes; 0 takes the device's default
 * @param maxRunning the most sequences in a step; 0 takes the device's default
 * @param prefixCache whether prompts that begin alike are computed once
 * @param adapters where {@link Engine#adapter} finds LoRA adapters by the names of their
 *     directories
 * @param sha256 what the checkpoint's files must be, see {@link
 *     dev.millrace.engine.model.FolderDigest}
 */
public record EngineOptions(
    Path checkpoint,
    Device device,
    Precision precision,
    int threads,
    int cacheTokens,
    int stepTokens,
    int maxRunning,
    boolean prefixCache,
    Optional<Path> adapters,
    Optional<String> sha256) {

  /**
   * @throws IllegalArgumentException naming the setting and its value if one is negative
   */
  public EngineOptions {
    requireNonNull(checkpoint);
    requireNonNull(device);
    requireNonNull(precision);
    requireNonNull(adapters);
    requireNonNull(sha256);
    requireNotNegative("threads", threads);
    requireNotNegative("cache tokens", cacheTokens);
    requireNotNegative("step tokens", stepTokens);
    requireNotNegative("running sequences", maxRunning);
  }

  /** The checkpoint on the processor, everything else at its default. */
  public static EngineOptions of(Path checkpoint) {
    return new EngineOptions(
        checkpoint,
        Device.cpu(),
        Precision.AUTO,
        0,
        0,
        0,
        0,
        true,
        Optional.empty(),
        Optional.empty());
  }

  public EngineOptions on(Device device) {
    return new EngineOptions(
        checkpoint,
        device,
        precision,
        threads,
        cacheTokens,
        stepTokens,
        maxRunning,
        prefixCache,
        adapters,
        sha256);
  }

  public EngineOptions in(Precision precision) {
    return new EngineOptions(
        checkpoint,
        device,
        precision,
        threads,
        cacheTokens,
        stepTokens,
        maxRunning,
        prefixCache,
        adapters,
        sha256);
  }

  public EngineOptions withThreads(int threads) {
    return new EngineOptions(
        checkpoint,
        device,
        precision,
        threads,
        cacheTokens,
        stepTokens,
        maxRunning,
        prefixCache,
        adapters,
        sha256);
  }

  public EngineOptions withCacheTokens(int cacheTokens) {
    return new EngineOptions(
        checkpoint,
        device,
        precision,
        threads,
        cacheTokens,
        stepTokens,
        maxRunning,
        prefixCache,
        adapters,
        sha256);
  }

  public EngineOptions withPrefixCache(boolean prefixCache) {
    return new EngineOptions(
        checkpoint,
        device,
        precision,
        threads,
        cacheTokens,
        stepTokens,
        maxRunning,
        prefixCache,
        adapters,
        sha256);
  }

  /**
   * With the LoRA adapters in the directories below this one, each called what its directory is.
   */
  public EngineOptions withAdapters(Path adapters) {
    return new EngineOptions(
        checkpoint,
        device,
        precision,
        threads,
        cacheTokens,
        stepTokens,
        maxRunning,
        prefixCache,
        Optional.of(adapters),
        sha256);
  }

  /** Only if the checkpoint's files have this digest, in hexadecimal. */
  public EngineOptions withSha256(String sha256) {
    return new EngineOptions(
        checkpoint,
        device,
        precision,
        threads,
        cacheTokens,
        stepTokens,
        maxRunning,
        prefixCache,
        adapters,
        Optional.of(sha256));
  }

  /** The step's token limit after the device's default: a GPU wants far larger steps. */
  int stepTokensOrDefault() {
    return stepTokens > 0 ? stepTokens : device.isCuda() ? 8192 : 512;
  }

  int maxRunningOrDefault() {
    return maxRunning > 0 ? maxRunning : device.isCuda() ? 256 : 64;
  }

  private static void requireNotNegative(String name, int value) {
    if (value < 0) {
      throw new IllegalArgumentException(name + " " + value + " must be 0 (default) or greater");
    }
  }
}
