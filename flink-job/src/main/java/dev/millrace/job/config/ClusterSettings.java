package dev.millrace.job.config;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.Properties;
import org.apache.flink.configuration.ReadableConfig;

/**
 * What a program beside the job needs to read and write the job's topics: the same settings, of
 * which it needs fewer.
 *
 * @param clientProperties of Kafka's clients, without the brokers
 */
public record ClusterSettings(
    String bootstrapServers,
    Map<String, String> clientProperties,
    Topics topics,
    RegistrySettings registry) {
  public ClusterSettings {
    requireNonNull(bootstrapServers, "bootstrapServers");
    clientProperties = Map.copyOf(clientProperties);
    requireNonNull(topics, "topics");
    requireNonNull(registry, "registry");
  }

  /**
   * Reads and checks the settings.
   *
   * @throws ConfigurationException if a key is unknown or missing or a value is impossible
   */
  public static ClusterSettings from(ReadableConfig config) {
    return new SettingsReader(config).readCluster();
  }

  /** A cluster that asks for nothing, with topics named as they are by default. */
  public static ClusterSettings of(String bootstrapServers) {
    return new ClusterSettings(
        bootstrapServers,
        Map.of(),
        new Topics(
            MillraceOptions.PROMPTS_TOPIC.defaultValue(),
            MillraceOptions.COMPLETIONS_TOPIC.defaultValue(),
            MillraceOptions.LATENCY_TOPIC.defaultValue(),
            MillraceOptions.DEAD_LETTERS_TOPIC.defaultValue()),
        RegistrySettings.none());
  }

  /** A Kafka client's properties: what it needs itself, and how it gets into the cluster. */
  public Properties client(Map<String, ?> own) {
    Properties properties = new Properties();
    properties.putAll(own);
    properties.putAll(clientProperties);
    properties.setProperty("bootstrap.servers", bootstrapServers);
    return properties;
  }

  /** The same with other topics. */
  public ClusterSettings withTopics(Topics others) {
    return new ClusterSettings(bootstrapServers, clientProperties, others, registry);
  }
}
