package dev.millrace.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cli.local.EmbeddedBroker;
import dev.millrace.job.MillraceJob;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.kafka.KafkaConnectors;
import dev.millrace.job.model.FakeModel;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.Header;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.Stage;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Dead letters on a real broker go back to where they came from. */
@Timeout(300)
final class ReplayTest {
  private static final int LARGE = 1_000;

  private static EmbeddedBroker broker;

  private final Terminal terminal = new Terminal();
  private final String run = UUID.randomUUID().toString();

  @BeforeAll
  static void startBroker() throws Exception {
    broker = EmbeddedBroker.temporary();
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @BeforeEach
  void createTopics() throws Exception {
    List<NewTopic> topics = new ArrayList<>();
    for (String role : List.of("prompts", "completions", "latency", "dead-letters")) {
      topics.add(
          new NewTopic(topic(role), role.equals("prompts") ? 1 : 2, (short) 1)
              .configs(
                  Map.of("max.message.bytes", Integer.toString(EmbeddedBroker.MAX_RECORD_BYTES))));
    }
    broker.createTopics(topics);
  }

  @Test
  void aPromptGoesBackAsItWasWithACountOfItsReplays() throws Exception {
    letter("a", ErrorCode.UNKNOWN_MODEL);

    assertThat(replay()).isEqualTo(ExitCode.DONE);

    assertThat(terminal.err()).contains("1 dead letters went back to " + topic("prompts"));
    ConsumerRecord<byte[], byte[]> prompt = read("prompts").get(0);
    assertThat(prompt.key()).isEqualTo("a".getBytes(UTF_8));
    assertThat(prompt.value()).isEqualTo("value of a".getBytes(UTF_8));
    assertThat(headers(prompt)).containsExactly("trace=t", "empty=null", "millrace-replays=1");
  }

  @Test
  void anotherRunReplaysOnlyWhatIsNew() throws Exception {
    letter("a", ErrorCode.UNKNOWN_MODEL);
    replay();
    letter("b", ErrorCode.UNKNOWN_MODEL);
    replay();
    replay();

    assertThat(keys("prompts")).containsExactly("a", "b");
    assertThat(terminal.err()).contains("no new dead letter to replay");
  }

  @Test
  void onlyTheLettersThatAreAskedForAreReplayed() throws Exception {
    letter("a", ErrorCode.UNKNOWN_MODEL);
    letter("b", ErrorCode.INVALID_JSON);
    letter("c", ErrorCode.GENERATION_FAILED);

    replay("--code", "unknown_model,INVALID_JSON", "--stage", "VALIDATE");
    assertThat(keys("prompts")).containsExactly("a");
    assertThat(terminal.err()).contains("2 were passed over");

    replay("--stage", "generate");
    assertThat(keys("prompts")).as("by another choice, with a group of its own").contains("c");

    replay("--until", "1970-01-01T00:00:01Z");
    assertThat(keys("prompts")).hasSize(2);
  }

  @Test
  void aPromptThatComesBackAgainAndAgainIsPassedOver() throws Exception {
    letter("a", ErrorCode.GENERATION_FAILED, "2");
    letter("b", ErrorCode.GENERATION_FAILED, "3");

    replay();

    assertThat(keys("prompts")).containsExactly("a");
    assertThat(headers(read("prompts").get(0))).contains("millrace-replays=3");
  }

  @Test
  void aDryRunCountsAndSendsNothing() throws Exception {
    letter("a", ErrorCode.UNKNOWN_MODEL);

    replay("--dry-run");
    replay("--dry-run");

    assertThat(terminal.err()).contains("1 dead letters would go back").doesNotContain("no new");
    assertThat(read("prompts")).isEmpty();
  }

  @Test
  void aReplayThatFailsInTheMiddleTakesBackWhatItSentAndTheNextSendsAllOnce() throws Exception {
    letter("a", ErrorCode.UNKNOWN_MODEL);
    letter("b", ErrorCode.UNKNOWN_MODEL);
    limitPrompts(400);
    letterOf("large", "x".repeat(LARGE));

    assertThat(replay()).isEqualTo(ExitCode.FAILED);
    assertThat(terminal.err()).contains("a record could not be sent back to its topic");
    assertThat(read("prompts")).isEmpty();

    limitPrompts(100_000);
    assertThat(replay()).isEqualTo(ExitCode.DONE);
    assertThat(keys("prompts")).containsExactlyInAnyOrder("a", "b", "large");
  }

  @Test
  void afterTheCauseIsFixedTheJobAnswersWhatItHadRefused() throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      for (String id : List.of("short", "long")) {
        String prompt = id.equals("long") ? "x".repeat(90) : "x";
        producer
            .send(
                new ProducerRecord<>(
                    topic("prompts"),
                    id.getBytes(UTF_8),
                    "{\"id\":\"%s\",\"prompt\":\"%s\"}".formatted(id, prompt).getBytes(UTF_8)))
            .get();
      }
    }
    runJob("millrace.max-record-size", "100 b");
    assertThat(codes()).containsExactly(ErrorCode.RECORD_TOO_LARGE.name());

    replay();
    runJob("millrace.max-record-size", "1 kb");

    List<String> answered = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : read("completions")) {
      answered.add(RecordCodec.of(GenerationResult.class).decode(record.value()).getId());
    }
    assertThat(answered).containsExactlyInAnyOrder("short", "long");
    assertThat(codes()).hasSize(1);
  }

  private int replay(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "replay",
                "--bootstrap-server",
                broker.bootstrapServers(),
                "--topic",
                topic("dead-letters")));
    arguments.addAll(List.of(more));
    if (!arguments.contains("--group") && more.length == 0) {
      arguments.addAll(List.of("--group", run));
    }
    return terminal.run(arguments.toArray(String[]::new));
  }

  private void runJob(String key, String value) throws Exception {
    Configuration configuration =
        Configuration.fromMap(
            Map.of(
                "millrace.model.directory", "/models/fake",
                "millrace.bootstrap-servers", broker.bootstrapServers(),
                "millrace.bounded", "true",
                "millrace.consumer-group", run,
                "millrace.transactional-id-prefix", run,
                "millrace.topics.prompts", topic("prompts"),
                "millrace.topics.completions", topic("completions"),
                "millrace.topics.latency", topic("latency"),
                "millrace.topics.dead-letters", topic("dead-letters")));
    configuration.setString(key, value);
    JobSettings settings = JobSettings.from(configuration);
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(1, new Configuration());
    MillraceJob.defineWorkflow(
        env,
        KafkaConnectors.source(settings),
        KafkaConnectors.sink(settings),
        settings,
        FakeModel.answering().factory());
    env.execute();
  }

  private void letter(String id, ErrorCode code) throws Exception {
    send(id, code, "value of " + id, List.of());
  }

  private void letter(String id, ErrorCode code, String replays) throws Exception {
    send(
        id,
        code,
        "value of " + id,
        List.of(new Header(DeadLetterReplay.COUNT_HEADER, buffer(replays))));
  }

  private void letterOf(String id, String value) throws Exception {
    send(id, ErrorCode.UNKNOWN_MODEL, value, List.of());
  }

  private void send(String id, ErrorCode code, String value, List<Header> more) throws Exception {
    List<Header> headers =
        new ArrayList<>(List.of(new Header("trace", buffer("t")), new Header("empty", null)));
    headers.addAll(more);
    DeadLetter letter =
        DeadLetter.newBuilder()
            .setId(id)
            .setTopic(topic("prompts"))
            .setPartition(0)
            .setOffset(0)
            .setKey(buffer(id))
            .setValue(buffer(value))
            .setHeaders(headers)
            .setStage(code == ErrorCode.GENERATION_FAILED ? Stage.GENERATE : code.stage())
            .setCode(code.name())
            .setMessage("no")
            .build();
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      producer
          .send(
              new ProducerRecord<>(
                  topic("dead-letters"),
                  0,
                  id.getBytes(UTF_8),
                  RecordCodec.of(DeadLetter.class).encode(letter)))
          .get();
    }
  }

  private List<String> codes() throws Exception {
    List<String> codes = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : read("dead-letters")) {
      codes.add(RecordCodec.of(DeadLetter.class).decode(record.value()).getCode());
    }
    return codes;
  }

  private void limitPrompts(int bytes) throws Exception {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic("prompts"));
    Collection<AlterConfigOp> limit =
        List.of(
            new AlterConfigOp(
                new ConfigEntry("max.message.bytes", "" + bytes), AlterConfigOp.OpType.SET));
    try (Admin admin = broker.admin()) {
      admin.incrementalAlterConfigs(Map.of(resource, limit)).all().get();
    }
    while (promptsTake(LARGE) != LARGE < bytes) {
      Thread.onSpinWait(); // the broker answers before it keeps to it
    }
  }

  /** Whether the topic takes a record of this size; it is never seen. */
  private boolean promptsTake(int bytes) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = producer(Map.of("transactional.id", "probe"))) {
      producer.initTransactions();
      producer.beginTransaction();
      try {
        producer.send(new ProducerRecord<>(topic("prompts"), new byte[bytes])).get();
        return true;
      } catch (ExecutionException e) {
        assertThat(e).hasCauseInstanceOf(RecordTooLargeException.class);
        return false;
      } finally {
        producer.abortTransaction();
      }
    }
  }

  private String topic(String role) {
    return role + "-" + run;
  }

  /** A broker answers a commit when it has decided; its records are seen when they are marked. */
  private static void awaitMarkers() throws Exception {
    ListTransactionsOptions decided =
        new ListTransactionsOptions()
            .filterStates(List.of(TransactionState.PREPARE_COMMIT, TransactionState.PREPARE_ABORT));
    try (Admin admin = broker.admin()) {
      while (!admin.listTransactions(decided).all().get().isEmpty()) {
        Thread.onSpinWait();
      }
    }
  }

  private List<String> keys(String role) throws Exception {
    return read(role).stream().map(record -> new String(record.key(), UTF_8)).toList();
  }

  private static List<String> headers(ConsumerRecord<byte[], byte[]> record) {
    List<String> headers = new ArrayList<>();
    record
        .headers()
        .forEach(
            header ->
                headers.add(
                    header.key()
                        + "="
                        + (header.value() == null ? null : new String(header.value(), UTF_8))));
    return headers;
  }

  private static ByteBuffer buffer(String text) {
    return ByteBuffer.wrap(text.getBytes(UTF_8));
  }

  private static KafkaProducer<byte[], byte[]> producer() {
    return producer(Map.of());
  }

  private static KafkaProducer<byte[], byte[]> producer(Map<String, Object> more) {
    Map<String, Object> settings = new HashMap<>(more);
    settings.put("bootstrap.servers", broker.bootstrapServers());
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** Everything committed that is there now. */
  private List<ConsumerRecord<byte[], byte[]>> read(String role) throws Exception {
    awaitMarkers();
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
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
          consumer.partitionsFor(topic(role)).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream()
          .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
        consumer.poll(Duration.ofMillis(100)).forEach(records::add);
      }
    }
    return records;
  }
}
