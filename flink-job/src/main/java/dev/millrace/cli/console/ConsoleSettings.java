package dev.millrace.cli.console;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.ClusterSettings;
import java.net.URI;
import java.util.Optional;
import java.util.Set;

/**
 * What a console watches and where it is seen.
 *
 * @param cluster Kafka, its topics and its schema registry
 * @param flink Flink's REST address; empty: the figures of the engine are missing
 * @param job the job's name or id; empty: the only one that runs and is named as Millrace's are
 * @param listen address to listen on
 * @param port 0: a free one
 * @param token who has it may look; required on an address that others reach
 * @param hostNames under which the console is reached besides localhost and plain addresses
 */
public record ConsoleSettings(
    ClusterSettings cluster,
    Optional<URI> flink,
    Optional<String> job,
    String listen,
    int port,
    Optional<String> token,
    Set<String> hostNames) {
  static final String LOOPBACK = "127.0.0.1";

  public ConsoleSettings {
    requireNonNull(cluster, "cluster");
    requireNonNull(flink, "flink");
    requireNonNull(job, "job");
    requireNonNull(listen, "listen");
    requireNonNull(token, "token");
    hostNames = Set.copyOf(hostNames);
  }

  /** For whoever sits at this machine. */
  public static ConsoleSettings local(ClusterSettings cluster, Optional<URI> flink, int port) {
    return new ConsoleSettings(
        cluster, flink, Optional.empty(), LOOPBACK, port, Optional.empty(), Set.of());
  }
}
