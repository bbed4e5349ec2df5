package dev.millrace.job.config;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.Device;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.Precision;
import java.io.Serializable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Which model serves the job and how; the numbers are 0 for their default.
 *
 * @param directory of the checkpoint, on the task managers
 * @param name in requests and results
 * @param adapters directory of LoRA adapters, on the task managers; empty for none
 * @param sha256 of the directory's files; empty: any will do
 * @param adapterSha256 the same of adapters, by name; empty: any adapter will do
 */
public record ModelSettings(
    String directory,
    String name,
    String adapters,
    String device,
    String precision,
    int threads,
    int cacheTokens,
    int stepTokens,
    int maxRunning,
    boolean prefixCache,
    Duration linger,
    String sha256,
    Map<String, String> adapterSha256)
    implements Serializable {
  public ModelSettings {
    requireNonNull(directory, "directory");
    requireNonNull(name, "name");
    requireNonNull(adapters, "adapters");
    requireNonNull(device, "device");
    requireNonNull(precision, "precision");
    requireNonNull(linger, "linger");
    requireNonNull(sha256, "sha256");
    adapterSha256 = Map.copyOf(adapterSha256);
  }

  /** The same for the engine. Only plain values travel to the task managers; paths do not. */
  public EngineOptions engineOptions() {
    return new EngineOptions(
        Path.of(directory),
        Device.parse(device),
        Precision.parse(precision),
        threads,
        cacheTokens,
        stepTokens,
        maxRunning,
        prefixCache,
        Optional.of(adapters).filter(path -> !path.isEmpty()).map(Path::of),
        Optional.of(sha256).filter(digest -> !digest.isEmpty()),
        adapterSha256);
  }
}
