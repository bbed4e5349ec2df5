package dev.millrace.job.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cli.local.EmbeddedBroker;
import dev.millrace.job.MillraceJob;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.TestSettings;
import dev.millrace.job.config.Topics;
import dev.millrace.job.model.FakeModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.jobmaster.JobResult;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.ExceptionUtils;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A whole job that loses a transaction. Flink commits nothing for a savepoint that does not stop
 * the job, so one that is cancelled then has outcomes in its savepoint that wait for their commit.
 */
@Timeout(300)
@SuppressWarnings("try") // Flink's clusters may be interrupted while they close
class ExpiredSavepointTest {
  private static final Topics TOPICS = TestSettings.defaults().kafka().topics();

  @TempDir private Path savepoints;

  @Test
  void aJobWhoseOutcomesHaveExpiredSinceItsSavepointFailsForGoodAndSaysSo() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.temporary();
        MiniCluster flink = cluster()) {
      createTopics(broker);
      sendPrompt(broker);
      JobID first = submit(flink, broker, Optional.empty());
      awaitWrittenCompletion(broker);
      String savepoint =
          flink
              .triggerSavepoint(first, savepoints.toString(), false, SavepointFormatType.CANONICAL)
              .get();
      flink.cancelJob(first).get();
      flink.requestJobResult(first).get();
      awaitExpiry(broker);

      JobResult second =
          flink.requestJobResult(submit(flink, broker, Optional.of(savepoint))).get();

      assertThat(second.isSuccess()).isFalse();
      assertThat(ExceptionUtils.stringifyException(second.getSerializedThrowable().orElseThrow()))
          .contains("its outcomes are lost")
          .contains("millrace.on-lost-transaction");
    }
  }

  private static MiniCluster cluster() throws Exception {
    MiniCluster cluster =
        new MiniCluster(
            new MiniClusterConfiguration.Builder()
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(1)
                .build());
    cluster.start();
    return cluster;
  }

  /** A job that never takes a checkpoint by itself, and would be restarted for ever. */
  private static JobID submit(MiniCluster flink, EmbeddedBroker broker, Optional<String> restore)
      throws Exception {
    Configuration configuration = new Configuration();
    configuration.setString("execution.checkpointing.interval", "1 h");
    configuration.setString("restart-strategy.type", "fixed-delay");
    configuration.setString("restart-strategy.fixed-delay.attempts", "1000000");
    configuration.setString("restart-strategy.fixed-delay.delay", "10 ms");
    restore.ifPresent(path -> configuration.set(StateRecoveryOptions.SAVEPOINT_PATH, path));
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    env.setParallelism(1);
    JobSettings settings =
        TestSettings.with(
            "millrace.bootstrap-servers",
            broker.bootstrapServers(),
            "millrace.transaction-timeout",
            "10 s");
    MillraceJob.defineWorkflow(
        env,
        KafkaConnectors.source(settings),
        KafkaConnectors.sink(settings),
        settings,
        FakeModel.answering().factory());
    return flink.submitJob(env.getStreamGraph()).get().getJobID();
  }

  private static void createTopics(EmbeddedBroker broker) throws Exception {
    broker.createTopics(
        Stream.of(TOPICS.prompts(), TOPICS.completions(), TOPICS.latency(), TOPICS.deadLetters())
            .map(name -> new NewTopic(name, 1, (short) 1))
            .toList());
  }

  private static void sendPrompt(EmbeddedBroker broker) throws Exception {
    byte[] prompt = "{\"id\":\"a\",\"prompt\":\"abc\"}".getBytes(UTF_8);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>(TOPICS.prompts(), prompt)).get();
    }
  }

  /** Waits until the completion is in its topic, in a transaction that is open. */
  private static void awaitWrittenCompletion(EmbeddedBroker broker) {
    TopicPartition completions = new TopicPartition(TOPICS.completions(), 0);
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      while (consumer.endOffsets(List.of(completions)).get(completions) == 0) {
        Thread.onSpinWait();
      }
    }
  }

  private static void awaitExpiry(EmbeddedBroker broker) throws Exception {
    try (Admin admin = broker.admin()) {
      while (admin.listTransactions().all().get().stream()
          .map(TransactionListing::state)
          .noneMatch(TransactionState.COMPLETE_ABORT::equals)) {
        Thread.onSpinWait();
      }
    }
  }
}
