package dev.millrace.job.kafka;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.config.Delivery;
import dev.millrace.job.config.KafkaSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Asks the brokers whether they let this job's user do what the job will do, so that a right that
 * is missing is named at the start and not met in the middle. See docs/security.md for all of them.
 */
final class RightsCheck {
  /** The tail of a transactional id that no writer uses. */
  private static final String NOBODYS_ID = "-rights";

  private final KafkaSettings settings;
  private final Admin admin;
  private final List<String> missing = new ArrayList<>();

  RightsCheck(KafkaSettings settings, Admin admin) {
    this.settings = requireNonNull(settings, "settings");
    this.admin = requireNonNull(admin, "admin");
  }

  /**
   * @param unknownTopic makes the exception for a topic that does not exist
   * @throws ConfigurationException naming every right that is missing
   */
  void check(Function<String, ConfigurationException> unknownTopic) {
    topics().forEach((topic, operation) -> checkTopic(topic, operation, unknownTopic));
    checkGroup(settings.consumerGroup());
    if (settings.delivery() == Delivery.EXACTLY_ONCE) {
      checkTransactions(settings.transactionalIdPrefix());
    }
    if (!missing.isEmpty()) {
      throw new ConfigurationException(
          "the brokers at %s do not give this job's user the right to %s: grant it with kafka-acls, see docs/security.md"
              .formatted(settings.bootstrapServers(), String.join(", and to ", missing)));
    }
  }

  /** What is to be done with each topic, the prompts first. */
  private Map<String, AclOperation> topics() {
    Map<String, AclOperation> topics = new LinkedHashMap<>();
    settings.inputTopics().forEach(topic -> topics.put(topic, AclOperation.READ));
    topics.put(settings.topics().deadLetters(), AclOperation.WRITE);
    settings.taskTopics().forEach(topic -> topics.put(topic, AclOperation.WRITE));
    topics.put(settings.topics().completions(), AclOperation.WRITE);
    topics.put(settings.topics().latency(), AclOperation.WRITE);
    return topics;
  }

  private void checkTopic(
      String topic, AclOperation operation, Function<String, ConfigurationException> unknownTopic) {
    DescribeTopicsOptions options = new DescribeTopicsOptions().includeAuthorizedOperations(true);
    KafkaFuture<Set<AclOperation>> operations =
        admin
            .describeTopics(List.of(topic), options)
            .topicNameValues()
            .get(topic)
            .thenApply(description -> description.authorizedOperations());
    try {
      require(operation, BrokerCheck.await(operations), "topic '" + topic + "'");
    } catch (UnknownTopicOrPartitionException e) {
      throw unknownTopic.apply(topic);
    } catch (AuthorizationException e) {
      miss(operation, "topic '" + topic + "'");
    }
  }

  private void checkGroup(String group) {
    DescribeConsumerGroupsOptions options =
        new DescribeConsumerGroupsOptions().includeAuthorizedOperations(true);
    KafkaFuture<ConsumerGroupDescription> description =
        admin.describeConsumerGroups(List.of(group), options).describedGroups().get(group);
    try {
      require(
          AclOperation.READ,
          BrokerCheck.await(description).authorizedOperations(),
          "group '" + group + "'");
    } catch (GroupIdNotFoundException e) {
      // It may be described, but there is none yet: nobody can say more.
    } catch (AuthorizationException e) {
      miss(AclOperation.READ, "group '" + group + "'");
    }
  }

  private void checkTransactions(String prefix) {
    try {
      BrokerCheck.await(admin.fenceProducers(List.of(prefix + NOBODYS_ID)).all());
    } catch (AuthorizationException e) {
      miss(AclOperation.WRITE, "transactional ids that begin with '" + prefix + "'");
    }
  }

  private void require(AclOperation operation, Set<AclOperation> given, String what) {
    // Brokers that do not know about rights answer nothing.
    if (given != null && !given.contains(operation) && !given.contains(AclOperation.ALL)) {
      miss(operation, what);
    }
  }

  private void miss(AclOperation operation, String what) {
    missing.add(operation + " " + what);
  }
}
