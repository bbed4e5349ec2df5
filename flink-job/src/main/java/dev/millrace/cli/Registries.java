package dev.millrace.cli;

import dev.millrace.job.config.ClusterSettings;
import dev.millrace.job.registry.SchemaDirectory;
import java.time.Duration;

/** The schema registry as commands ask it: somebody waits, but not for ever. */
final class Registries {
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private Registries() {}

  /** What the cluster's registry knows. */
  static SchemaDirectory of(ClusterSettings cluster) {
    return SchemaDirectory.patient(cluster.registry(), PATIENCE);
  }
}
