package dev.millrace.it;

import dev.millrace.cli.local.EmbeddedBroker;
import dev.millrace.cli.local.LocalFlink;
import dev.millrace.cli.local.LocalJob;
import dev.millrace.cli.local.RetainedCheckpoint;
import dev.millrace.job.MillraceJob;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.MillraceOptions;
import dev.millrace.job.config.Topics;
import dev.millrace.job.kafka.KafkaConnectors;
import dev.millrace.job.model.ModelRuntimeFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A real broker, a real Flink cluster in this JVM, and the job on them as often as it is started.
 */
final class TestPipeline implements AutoCloseable {
  static final Topics TOPICS =
      new Topics("prompts", "completions", "completion-latency", "prompts-dead-letter");
  private static final int SLOTS = 2;
  private static final Duration CHECKPOINT_INTERVAL = Duration.ofMillis(500);
  private static final Duration START_PATIENCE = Duration.ofMinutes(5);
  private static final Duration READ_PATIENCE = Duration.ofMinutes(5);

  private final Path folder;
  private final Path checkpoint;
  private final EmbeddedBroker broker;
  private final LocalFlink flink;

  private TestPipeline(Path folder, Path checkpoint, EmbeddedBroker broker, LocalFlink flink) {
    this.folder = folder;
    this.checkpoint = checkpoint;
    this.broker = broker;
    this.flink = flink;
  }

  /**
   * Starts broker and cluster and creates the topics.
   *
   * @param folder for the job's checkpoints
   * @param checkpoint the model's
   */
  static TestPipeline start(Path folder, Path checkpoint) throws Exception {
    EmbeddedBroker broker = EmbeddedBroker.temporary();
    createTopics(
        broker, TOPICS.prompts(), TOPICS.completions(), TOPICS.latency(), TOPICS.deadLetters());
    return new TestPipeline(folder, checkpoint, broker, LocalFlink.start(SLOTS, 0, folder));
  }

  void createTopics(String... names) throws Exception {
    createTopics(broker, names);
  }

  /** Reads what is committed on a topic until there are so many records, and what comes at once. */
  List<ConsumerRecord<byte[], byte[]>> read(String topic, int count) {
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers",
                broker.bootstrapServers(),
                "isolation.level",
                "read_committed"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(topic, info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
      Instant end = Instant.now().plus(READ_PATIENCE);
      while (records.size() < count && Instant.now().isBefore(end)) {
        consumer.poll(Duration.ofMillis(200)).forEach(records::add);
      }
      consumer.poll(Duration.ofMillis(200)).forEach(records::add);
      return records;
    }
  }

  /** Starts the job, from its newest checkpoint if it has one, and waits until it runs. */
  LocalJob startJob(Map<String, String> settings) throws IOException {
    return startJob(settings, ModelRuntimeFactory.ofProcess());
  }

  LocalJob startJob(Map<String, String> settings, ModelRuntimeFactory models) throws IOException {
    Optional<Path> restoreFrom = RetainedCheckpoint.newest(folder);
    StreamExecutionEnvironment environment = flink.environment(CHECKPOINT_INTERVAL, restoreFrom);
    Configuration configuration = Configuration.fromMap(settings);
    configuration.set(MillraceOptions.MODEL_DIRECTORY, checkpoint.toString());
    configuration.set(MillraceOptions.BOOTSTRAP_SERVERS, broker.bootstrapServers());
    JobSettings job = JobSettings.from(configuration);
    MillraceJob.defineWorkflow(
        environment, KafkaConnectors.source(job), KafkaConnectors.sink(job), job, models);
    StreamGraph graph = environment.getStreamGraph();
    LocalJob running = flink.submit(graph);
    running.awaitRunning(START_PATIENCE);
    return running;
  }

  Outcomes outcomes() {
    return new Outcomes(broker.bootstrapServers());
  }

  void send(List<ProducerRecord<byte[], byte[]>> records) {
    send(broker.bootstrapServers(), records);
  }

  static void send(String bootstrapServers, List<ProducerRecord<byte[], byte[]>> records) {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            bootstrapServers,
            "max.request.size",
            EmbeddedBroker.MAX_RECORD_BYTES);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      List<java.util.concurrent.Future<?>> sent =
          records.stream().<java.util.concurrent.Future<?>>map(producer::send).toList();
      for (java.util.concurrent.Future<?> acknowledged : sent) {
        acknowledged.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("the broker did not take a prompt", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    flink.close();
    broker.close();
  }

  static void createTopics(EmbeddedBroker broker) throws Exception {
    createTopics(
        broker, TOPICS.prompts(), TOPICS.completions(), TOPICS.latency(), TOPICS.deadLetters());
  }

  private static void createTopics(EmbeddedBroker broker, String... names) throws Exception {
    broker.createTopics(Stream.of(names).map(TestPipeline::topic).toList());
  }

  private static NewTopic topic(String name) {
    // A dead letter repeats the prompt's record.
    int largest = EmbeddedBroker.MAX_RECORD_BYTES / (name.equals(TOPICS.prompts()) ? 2 : 1);
    return new NewTopic(name, 2, (short) 1)
        .configs(Map.of(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, "" + largest));
  }
}
