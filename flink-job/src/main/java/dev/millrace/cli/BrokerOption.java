package dev.millrace.cli;

import picocli.CommandLine.Option;

/** The option that names a Kafka cluster. */
final class BrokerOption {
  @Option(
      names = "--bootstrap-server",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:9092",
      description = "The Kafka cluster. Default: ${DEFAULT-VALUE}, where 'millrace up' listens.")
  private String bootstrapServers;

  String bootstrapServers() {
    return bootstrapServers;
  }
}
