package dev.millrace.job.kafka;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.config.Delivery;
import dev.millrace.job.config.KafkaSettings;
import dev.millrace.job.config.MillraceOptions;
import dev.millrace.job.config.Topics;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the broker, before the job starts, for what would otherwise fail it later and again after
 * each restart: rights and topics that are missing, a dead-letter topic too small for the records
 * it has to repeat, a transaction timeout the broker does not allow.
 */
public final class BrokerCheck {
  private static final Logger LOG = LoggerFactory.getLogger(BrokerCheck.class);

  /**
   * What a dead letter adds to the record it repeats, headers twice included, with room to spare.
   */
  private static final long DEAD_LETTER_OVERHEAD = 64 << 10;

  private static final String ATTEMPT_MILLIS = "10000";
  private static final String BROKERS_TRANSACTION_LIMIT = "transaction.max.timeout.ms";

  private final KafkaSettings settings;
  private final Admin admin;

  BrokerCheck(KafkaSettings settings, Admin admin) {
    this.settings = requireNonNull(settings, "settings");
    this.admin = requireNonNull(admin, "admin");
  }

  /**
   * Checks what the job may read of the broker's configuration; a right it lacks is logged. Waits
   * for brokers that do not answer, as long as the settings say.
   *
   * @throws ConfigurationException naming the setting and the way out
   */
  public static void check(KafkaSettings settings) {
    Properties properties = settings.properties();
    properties.putIfAbsent("default.api.timeout.ms", ATTEMPT_MILLIS);
    properties.putIfAbsent("request.timeout.ms", ATTEMPT_MILLIS);
    Instant end = Instant.now().plus(settings.brokerPatience());
    try (Admin admin = client(properties)) {
      while (!isChecked(settings, admin, end)) {
        LOG.warn("{} does not answer: still waiting for it", settings.bootstrapServers());
      }
    } catch (AuthenticationException e) {
      throw new ConfigurationException(
          "the brokers at %s and this job do not know each other: %s; look at %ssasl.* and %sssl.*"
              .formatted(
                  settings.bootstrapServers(),
                  e.getMessage(),
                  MillraceOptions.KAFKA_PREFIX,
                  MillraceOptions.KAFKA_PREFIX),
          e);
    }
  }

  private static Admin client(Properties properties) {
    try {
      return Admin.create(properties);
    } catch (KafkaException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new ConfigurationException(
          "Kafka's clients do not take the %s* settings: %s"
              .formatted(MillraceOptions.KAFKA_PREFIX, cause.getMessage()),
          e);
    }
  }

  /** Whether the brokers answered, and all is well. */
  private static boolean isChecked(KafkaSettings settings, Admin admin, Instant end) {
    try {
      new BrokerCheck(settings, admin).check();
      return true;
    } catch (TimeoutException e) {
      if (Instant.now().isBefore(end)) {
        return false;
      }
      throw new ConfigurationException(
          "%s: no broker answers at %s (waited for %s, %s)"
              .formatted(
                  MillraceOptions.BOOTSTRAP_SERVERS.key(),
                  settings.bootstrapServers(),
                  settings.brokerPatience(),
                  MillraceOptions.BROKER_PATIENCE.key()),
          e);
    }
  }

  void check() {
    new RightsCheck(settings, admin).check(topic -> unknownTopic(topic, null));
    checkIfAllowed("topics", this::checkTopics);
    if (settings.delivery() == Delivery.EXACTLY_ONCE) {
      checkIfAllowed("brokers", this::checkTransactionTimeout);
    }
  }

  /** The job can do without the right to read configurations; it then fails later. */
  private static void checkIfAllowed(String what, Runnable check) {
    try {
      check.run();
    } catch (AuthorizationException e) {
      LOG.warn(
          "the configuration of the {} is not checked, for want of the right DESCRIBE_CONFIGS: {}",
          what,
          e.getMessage());
    }
  }

  private void checkTopics() {
    Topics topics = settings.topics();
    Map<String, Long> inputs = new LinkedHashMap<>();
    settings.inputTopics().forEach(input -> inputs.put(input, largestRecord(input)));
    long deadLetters = largestRecord(topics.deadLetters());
    inputs.forEach((input, largest) -> checkDeadLetters(input, largest, deadLetters));
    settings.taskTopics().forEach(this::largestRecord);
    largestRecord(topics.completions());
    largestRecord(topics.latency());
  }

  private void checkDeadLetters(String input, long inputs, long deadLetters) {
    if (deadLetters < inputs + DEAD_LETTER_OVERHEAD) {
      String topic = settings.topics().deadLetters();
      throw new ConfigurationException(
          "%s: %s takes records of %d bytes and %s of %d, but a dead letter repeats the prompt's record: set max.message.bytes of %s to at least %d"
              .formatted(
                  MillraceOptions.DEAD_LETTERS_TOPIC.key(),
                  input,
                  inputs,
                  topic,
                  deadLetters,
                  topic,
                  inputs + DEAD_LETTER_OVERHEAD));
    }
  }

  private long largestRecord(String topic) {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    try {
      return Long.parseLong(describe(resource).get(TopicConfig.MAX_MESSAGE_BYTES_CONFIG).value());
    } catch (UnknownTopicOrPartitionException e) {
      throw unknownTopic(topic, e);
    }
  }

  private ConfigurationException unknownTopic(String topic, Throwable cause) {
    return new ConfigurationException(
        "topic '%s' does not exist at %s: create it, or name another with millrace.topics.* or in the task"
            .formatted(topic, settings.bootstrapServers()),
        cause);
  }

  private void checkTransactionTimeout() {
    Collection<Node> nodes = await(admin.describeCluster().nodes());
    for (Node node : nodes) {
      ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, node.idString());
      Duration limit =
          Duration.ofMillis(
              Long.parseLong(describe(broker).get(BROKERS_TRANSACTION_LIMIT).value()));
      if (settings.transactionTimeout().compareTo(limit) > 0) {
        throw new ConfigurationException(
            "%s %s is more than broker %s allows: lower it to %s, or raise the broker's %s"
                .formatted(
                    MillraceOptions.TRANSACTION_TIMEOUT.key(),
                    settings.transactionTimeout(),
                    node.idString(),
                    limit,
                    BROKERS_TRANSACTION_LIMIT));
      }
    }
  }

  private Config describe(ConfigResource resource) {
    Map<ConfigResource, Config> configs = await(admin.describeConfigs(List.of(resource)).all());
    return configs.get(resource);
  }

  static <T> T await(KafkaFuture<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the broker was asked", e);
    }
  }
}
