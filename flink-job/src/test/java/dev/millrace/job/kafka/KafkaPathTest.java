package dev.millrace.job.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.cli.local.EmbeddedBroker;
import dev.millrace.cli.local.LocalPorts;
import dev.millrace.job.MillraceJob;
import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.KafkaSettings;
import dev.millrace.job.config.TestSettings;
import dev.millrace.job.model.FakeModel;
import dev.millrace.job.record.Bytes;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.RecordCodec;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The job's source and sink on a real broker, with a model that answers at once. */
@Timeout(300)
class KafkaPathTest {
  private static final String LARGE = Integer.toString(EmbeddedBroker.MAX_RECORD_BYTES);

  private static EmbeddedBroker broker;

  private final String run = UUID.randomUUID().toString();

  @BeforeAll
  static void startBroker() throws Exception {
    broker = EmbeddedBroker.temporary();
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @Test
  void outcomesAreCommittedWithKeyHeadersAndTimestampAndAPromptOf5MegabytesComesBackWhole()
      throws Exception {
    createTopics(LARGE);
    byte[] huge = new byte[5 << 20];
    RecordHeaders headers = new RecordHeaders();
    headers.add("trace", Bytes.utf8("t").array());
    send(
        new ProducerRecord<>(
            topic("prompts"),
            null,
            7L,
            Bytes.utf8("k").array(),
            Bytes.utf8("{\"id\":\"1\",\"prompt\":\"abc\"}").array(),
            headers),
        new ProducerRecord<>(topic("prompts"), 0, null, huge),
        new ProducerRecord<>(topic("prompts"), 0, null, null));

    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(1, new Configuration());
    JobSettings settings = settings();
    BrokerCheck.check(settings.kafka());
    MillraceJob.defineWorkflow(
        env,
        KafkaConnectors.source(settings),
        KafkaConnectors.sink(settings),
        settings,
        FakeModel.answering().factory());
    env.execute();

    for (String name : List.of("completions", "latency")) {
      ConsumerRecord<byte[], byte[]> record = read(topic(name), 1).get(0);
      assertThat(record.key()).isEqualTo(Bytes.utf8("k").array());
      assertThat(record.headers()).isEqualTo(headers);
      assertThat(record.timestamp()).isEqualTo(7);
    }
    List<DeadLetter> letters = deadLetters(read(topic("dead-letters"), 2));
    assertThat(letters)
        .extracting(DeadLetter::getCode)
        .containsExactly(ErrorCode.RECORD_TOO_LARGE.name(), ErrorCode.NULL_VALUE.name());
    assertThat(letters.get(0).getValue()).contains(ByteBuffer.wrap(huge));
  }

  @Test
  void theStartWaitsForBrokersThatDoNotAnswerAndInTheEndNamesThem() {
    KafkaSettings nobodyThere =
        TestSettings.with(
                "millrace.bootstrap-servers",
                "127.0.0.1:1",
                "millrace.broker-patience",
                "1 ms",
                "millrace.kafka.default.api.timeout.ms",
                "500",
                "millrace.kafka.request.timeout.ms",
                "500")
            .kafka();

    assertThatThrownBy(() -> BrokerCheck.check(nobodyThere))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("no broker answers at 127.0.0.1:1")
        .hasMessageContaining("millrace.broker-patience");
  }

  @Test
  @SuppressWarnings("try") // the broker only has to be there
  void aJobThatIsStartedBeforeItsBrokerWaitsForIt(@TempDir Path data) throws Exception {
    int port = LocalPorts.free();
    KafkaSettings settings =
        TestSettings.with(
                "millrace.bootstrap-servers",
                "127.0.0.1:" + port,
                "millrace.kafka.default.api.timeout.ms",
                "500",
                "millrace.kafka.request.timeout.ms",
                "500")
            .kafka();
    CompletableFuture<Void> check = CompletableFuture.runAsync(() -> BrokerCheck.check(settings));

    try (EmbeddedBroker late = EmbeddedBroker.keepingData(data, port)) {
      // It answers now, and says what else is wrong.
      assertThatThrownBy(() -> check.get(1, TimeUnit.MINUTES))
          .cause()
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("topic 'prompts' does not exist");
    }
  }

  @Test
  void aMissingTopicStopsTheStartAndIsNamed() {
    assertThatThrownBy(() -> BrokerCheck.check(settings().kafka()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(topic("prompts"))
        .hasMessageContaining("does not exist");
  }

  @Test
  void aDeadLetterTopicTooSmallForItsPromptsStopsTheStart() throws Exception {
    createTopics("1000000");

    assertThatThrownBy(() -> BrokerCheck.check(settings().kafka()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("max.message.bytes of " + topic("dead-letters"));
  }

  @Test
  void aTransactionTimeoutTheBrokerDoesNotAllowStopsTheStart() throws Exception {
    createTopics(LARGE);
    KafkaSettings tooLong = settings("millrace.transaction-timeout", "1 h").kafka();

    assertThatThrownBy(() -> BrokerCheck.check(tooLong))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("millrace.transaction-timeout PT1H");
    assertThatCode(
            () ->
                BrokerCheck.check(
                    settings(
                            "millrace.transaction-timeout",
                            "1 h",
                            "millrace.delivery",
                            "at-least-once")
                        .kafka()))
        .doesNotThrowAnyException();
  }

  private JobSettings settings(String... more) {
    List<String> settings =
        new ArrayList<>(
            List.of(
                "millrace.bounded", "true",
                "millrace.consumer-group", run,
                "millrace.transactional-id-prefix", run,
                "millrace.topics.prompts", topic("prompts"),
                "millrace.topics.completions", topic("completions"),
                "millrace.topics.latency", topic("latency"),
                "millrace.topics.dead-letters", topic("dead-letters")));
    settings.addAll(List.of(more));
    return TestSettings.with(
        "millrace.bootstrap-servers", broker.bootstrapServers(), settings.toArray(String[]::new));
  }

  private String topic(String role) {
    return role + "-" + run;
  }

  private void createTopics(String deadLetterBytes) throws Exception {
    List<NewTopic> topics = new ArrayList<>();
    for (String role : List.of("prompts", "completions", "latency", "dead-letters")) {
      String bytes =
          switch (role) {
            case "dead-letters" -> deadLetterBytes;
            case "prompts" -> Integer.toString(8 << 20);
            default -> "1048588";
          };
      topics.add(
          new NewTopic(topic(role), 1, (short) 1).configs(Map.of("max.message.bytes", bytes)));
    }
    broker.createTopics(topics);
  }

  @SafeVarargs
  private static void send(ProducerRecord<byte[], byte[]>... records) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers(), "max.request.size", 16 << 20),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (ProducerRecord<byte[], byte[]> record : records) {
        producer.send(record).get();
      }
    }
  }

  private static List<DeadLetter> deadLetters(List<ConsumerRecord<byte[], byte[]>> records)
      throws Exception {
    List<DeadLetter> letters = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      letters.add(RecordCodec.of(DeadLetter.class).decode(record.value()));
    }
    return letters;
  }

  /** Reads committed records from the start until there are as many as expected. */
  private static List<ConsumerRecord<byte[], byte[]>> read(String topic, int expected) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers",
                broker.bootstrapServers(),
                "group.id",
                UUID.randomUUID().toString(),
                "auto.offset.reset",
                "earliest",
                "isolation.level",
                "read_committed"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.subscribe(List.of(topic));
      while (records.size() < expected) {
        consumer.poll(Duration.ofMillis(200)).forEach(records::add);
      }
    }
    return records;
  }
}
