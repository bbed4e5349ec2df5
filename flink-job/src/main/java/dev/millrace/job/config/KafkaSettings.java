package dev.millrace.job.config;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;

/** How the job talks to Kafka. */
public record KafkaSettings(
    String bootstrapServers,
    Topics topics,
    String consumerGroup,
    StartFrom startFrom,
    boolean bounded,
    Delivery delivery,
    Duration transactionTimeout,
    LostTransaction lostTransaction,
    Duration brokerPatience,
    String transactionalIdPrefix,
    Map<String, String> clientProperties)
    implements Serializable {
  public KafkaSettings {
    requireNonNull(bootstrapServers, "bootstrapServers");
    requireNonNull(topics, "topics");
    requireNonNull(consumerGroup, "consumerGroup");
    requireNonNull(startFrom, "startFrom");
    requireNonNull(delivery, "delivery");
    requireNonNull(transactionTimeout, "transactionTimeout");
    requireNonNull(lostTransaction, "lostTransaction");
    requireNonNull(brokerPatience, "brokerPatience");
    requireNonNull(transactionalIdPrefix, "transactionalIdPrefix");
    clientProperties = Map.copyOf(clientProperties);
  }

  /** The user's properties for Kafka's clients, the brokers included. */
  public Properties properties() {
    Properties properties = new Properties();
    properties.putAll(clientProperties);
    properties.setProperty("bootstrap.servers", bootstrapServers);
    return properties;
  }
}
