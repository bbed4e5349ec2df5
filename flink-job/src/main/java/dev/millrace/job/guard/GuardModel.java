package dev.millrace.job.guard;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.config.ModelSettings;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The checkpoint that judges.
 *
 * @param directory on the task managers
 * @param sha256 of the directory's files; empty: any will do
 * @param cacheTokens what its KV cache holds
 * @param categories what the codes are called that it may answer
 */
public record GuardModel(
    String directory, String sha256, int cacheTokens, Map<String, String> categories) {
  public GuardModel {
    requireNonNull(directory, "directory");
    requireNonNull(sha256, "sha256");
    categories = Collections.unmodifiableMap(new LinkedHashMap<>(categories));
  }

  /**
   * Where and how it runs: on the job's device, and in the job's engine if it is its model.
   *
   * @throws ConfigurationException if it is the job's model, but pinned to other files
   */
  public ModelSettings settings(ModelSettings job) {
    if (path(directory).equals(path(job.directory()))) {
      if (!sha256.isEmpty() && !sha256.equalsIgnoreCase(job.sha256())) {
        throw new ConfigurationException(
            "the guard's model is the job's own, but its sha256 is not what millrace.model.sha256 says: set that to %s"
                .formatted(sha256));
      }
      return job;
    }
    return new ModelSettings(
        directory,
        path(directory).getFileName() + "",
        "",
        job.device(),
        job.precision(),
        job.threads(),
        cacheTokens,
        0,
        0,
        true,
        job.linger(),
        sha256,
        Map.of());
  }

  private static Path path(String directory) {
    return Path.of(directory).toAbsolutePath().normalize();
  }
}
