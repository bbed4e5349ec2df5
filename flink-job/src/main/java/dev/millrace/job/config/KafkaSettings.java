package dev.millrace.job.config;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * How the job talks to Kafka.
 *
 * @param eventTopics topics that are bound to tasks, read beside the prompts
 * @param taskTopics topics that tasks write to, beside the outcomes
 */
public record KafkaSettings(
    String bootstrapServers,
    Topics topics,
    List<String> eventTopics,
    List<String> taskTopics,
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
    eventTopics = List.copyOf(eventTopics);
    taskTopics = List.copyOf(taskTopics);
    refuseOwnOutput(topics, eventTopics, taskTopics);
    requireNonNull(consumerGroup, "consumerGroup");
    requireNonNull(startFrom, "startFrom");
    requireNonNull(delivery, "delivery");
    requireNonNull(transactionTimeout, "transactionTimeout");
    requireNonNull(lostTransaction, "lostTransaction");
    requireNonNull(brokerPatience, "brokerPatience");
    requireNonNull(transactionalIdPrefix, "transactionalIdPrefix");
    clientProperties = Map.copyOf(clientProperties);
  }

  /** Every topic to read: the prompts, and the events of tasks. */
  public List<String> inputTopics() {
    return Stream.concat(Stream.of(topics.prompts()), eventTopics.stream()).toList();
  }

  /** A job that reads what it writes would never end. */
  private static void refuseOwnOutput(
      Topics topics, List<String> eventTopics, List<String> taskTopics) {
    List<String> written =
        Stream.concat(
                Stream.of(topics.completions(), topics.latency(), topics.deadLetters()),
                taskTopics.stream())
            .toList();
    for (String topic : eventTopics) {
      if (written.contains(topic) || topic.equals(topics.prompts())) {
        throw new ConfigurationException(
            "%s: a task is bound to topic '%s', which this job uses otherwise: bind it to another"
                .formatted(MillraceOptions.TASKS.key(), topic));
      }
    }
    if (taskTopics.contains(topics.prompts())) {
      throw new ConfigurationException(
          "%s: a task writes to the prompts topic '%s': name another topic"
              .formatted(MillraceOptions.TASKS.key(), topics.prompts()));
    }
  }

  /** Without the values of the clients' properties: a name of theirs is enough to find them. */
  @Override
  public String toString() {
    return "KafkaSettings[%s, %s, group %s, %s, client properties %s]"
        .formatted(bootstrapServers, topics, consumerGroup, delivery, clientProperties.keySet());
  }

  /** The user's properties for Kafka's clients, the brokers included. */
  public Properties properties() {
    Properties properties = new Properties();
    properties.putAll(clientProperties);
    properties.setProperty("bootstrap.servers", bootstrapServers);
    return properties;
  }
}
