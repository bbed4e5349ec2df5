package dev.millrace.cli;

import dev.millrace.cli.local.EmbeddedBroker;
import dev.millrace.job.config.KafkaSettings;
import dev.millrace.job.config.MillraceOptions;
import dev.millrace.job.config.Topics;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;

/** The topics of a local run. */
final class LocalTopics {
  /** Named as the job names them when nobody says otherwise. */
  static final Topics NAMES =
      new Topics(
          MillraceOptions.PROMPTS_TOPIC.defaultValue(),
          MillraceOptions.COMPLETIONS_TOPIC.defaultValue(),
          MillraceOptions.LATENCY_TOPIC.defaultValue(),
          MillraceOptions.DEAD_LETTERS_TOPIC.defaultValue());

  private static final int PARTITIONS = 2;
  private static final short REPLICAS = 1;

  private LocalTopics() {}

  /** Creates the four topics that every job has, if they are not there yet. */
  static void create(EmbeddedBroker broker) {
    create(broker, all(), NAMES);
  }

  /** Creates the topics of a job that are not there yet, those of its tasks too. */
  static void create(EmbeddedBroker broker, KafkaSettings job) {
    List<String> names = new ArrayList<>(all(job.topics()));
    names.addAll(job.eventTopics());
    names.addAll(job.taskTopics());
    create(broker, names, job.topics());
  }

  private static void create(EmbeddedBroker broker, List<String> names, Topics topics) {
    try {
      broker.createTopics(names.stream().map(name -> topic(name, topics)).toList());
    } catch (ExecutionException e) {
      throw new CommandException("the broker did not create the topics", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted while the topics were created", e);
    }
  }

  /** The four names. */
  static List<String> all() {
    return all(NAMES);
  }

  private static List<String> all(Topics topics) {
    return List.of(topics.prompts(), topics.completions(), topics.latency(), topics.deadLetters());
  }

  private static NewTopic topic(String name, Topics topics) {
    // A dead letter repeats the record that failed, so its topic takes larger ones than the others.
    int share = name.equals(topics.deadLetters()) ? 1 : 2;
    return new NewTopic(name, PARTITIONS, REPLICAS)
        .configs(
            Map.of(
                TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
                Integer.toString(EmbeddedBroker.MAX_RECORD_BYTES / share)));
  }
}
