package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

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
 * @param adapterSha256 the same of each adapter's files, by its name; empty: any adapter will do
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
    Optional<String> sha256,
    Map<String, String> adapterSha256) {

  /**
   * @throws IllegalArgumentException naming the setting and its value if one is negative
   */
  public EngineOptions {
    requireNonNull(checkpoint);
    requireNonNull(device);
    requireNonNull(precision);
    requireNonNull(adapters);
    requireNonNull(sha256);
    adapterSha256 = Map.copyOf(adapterSha256);
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
        Optional.empty(),
        Map.of());
  }

  public EngineOptions on(Device device) {
    return with(copy -> copy.device = device);
  }

  public EngineOptions in(Precision precision) {
    return with(copy -> copy.precision = precision);
  }

  public EngineOptions withThreads(int threads) {
    return with(copy -> copy.threads = threads);
  }

  public EngineOptions withCacheTokens(int cacheTokens) {
    return with(copy -> copy.cacheTokens = cacheTokens);
  }

  public EngineOptions withPrefixCache(boolean prefixCache) {
    return with(copy -> copy.prefixCache = prefixCache);
  }

  /**
   * With the LoRA adapters in the directories below this one, each called what its directory is.
   */
  public EngineOptions withAdapters(Path adapters) {
    return with(copy -> copy.adapters = Optional.of(adapters));
  }

  /** Only if the checkpoint's files have this digest, in hexadecimal. */
  public EngineOptions withSha256(String sha256) {
    return with(copy -> copy.sha256 = Optional.of(sha256));
  }

  /** Only adapters that are named here and whose files have the digest, in hexadecimal. */
  public EngineOptions withAdapterSha256(Map<String, String> adapterSha256) {
    return with(copy -> copy.adapterSha256 = adapterSha256);
  }

  private EngineOptions with(Consumer<Copy> change) {
    Copy copy = new Copy(this);
    change.accept(copy);
    return copy.options();
  }

  /** The options to be changed. */
  private static final class Copy {
    private final EngineOptions original;
    private Device device;
    private Precision precision;
    private int threads;
    private int cacheTokens;
    private boolean prefixCache;
    private Optional<Path> adapters;
    private Optional<String> sha256;
    private Map<String, String> adapterSha256;

    Copy(EngineOptions original) {
      this.original = original;
      this.device = original.device;
      this.precision = original.precision;
      this.threads = original.threads;
      this.cacheTokens = original.cacheTokens;
      this.prefixCache = original.prefixCache;
      this.adapters = original.adapters;
      this.sha256 = original.sha256;
      this.adapterSha256 = original.adapterSha256;
    }

    EngineOptions options() {
      return new EngineOptions(
          original.checkpoint,
          device,
          precision,
          threads,
          cacheTokens,
          original.stepTokens,
          original.maxRunning,
          prefixCache,
          adapters,
          sha256,
          adapterSha256);
    }
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
