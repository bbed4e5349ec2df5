package dev.millrace.cli;

import dev.millrace.job.config.ClusterSettings;
import dev.millrace.job.config.MillraceOptions;
import java.util.Optional;
import org.apache.flink.configuration.Configuration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that name a Kafka cluster, and say how to get in. */
final class BrokerOption {
  private static final String LOCAL = "127.0.0.1:9092";

  @Option(
      names = "--bootstrap-server",
      paramLabel = "HOST:PORT",
      description = {
        "The Kafka cluster. Default: that of --config, or " + LOCAL + ", where 'millrace up'",
        "listens."
      })
  private Optional<String> bootstrapServers = Optional.empty();

  @Mixin private SettingsOption settings;

  /** The cluster, its topics and its schema registry. */
  ClusterSettings cluster() {
    Configuration configuration = settings.configuration();
    bootstrapServers.ifPresent(
        servers -> configuration.set(MillraceOptions.BOOTSTRAP_SERVERS, servers));
    if (configuration.getOptional(MillraceOptions.BOOTSTRAP_SERVERS).isEmpty()) {
      configuration.set(MillraceOptions.BOOTSTRAP_SERVERS, LOCAL);
    }
    return ClusterSettings.from(configuration);
  }
}
