package dev.millrace.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cli.local.EmbeddedBroker;
import dev.millrace.cli.report.Outcomes;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.RequestReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
final class SubmitAndCollectTest {
  private static EmbeddedBroker broker;

  private final Terminal terminal = new Terminal();

  @TempDir private Path folder;

  @BeforeAll
  static void startBroker() throws IOException {
    broker = EmbeddedBroker.temporary();
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @BeforeEach
  void createTopicsAnew() throws Exception {
    try (Admin admin = broker.admin()) {
      List<String> old = topics(admin);
      admin.deleteTopics(old).all().get();
      while (!topics(admin).isEmpty()) {
        Thread.onSpinWait(); // the broker answers before it has forgotten them
      }
    }
    LocalTopics.create(broker);
  }

  @Test
  void submittedLinesAreOnThePromptsTopicUnderTheirIds() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("prompts.jsonl"),
            """
            {"id": "1", "prompt": "Once"}
            {"custom_id": "2", "body": {"model": "m", "messages": [{"role": "user", "content": "hi"}]}}
            """);

    assertThat(submit("--any-model", file.toString())).isEqualTo(ExitCode.DONE);

    assertThat(terminal.err()).contains("2 prompts sent to prompts");
    List<ConsumerRecord<byte[], byte[]>> prompts = read(LocalTopics.NAMES.prompts(), 2);
    assertThat(prompts.stream().map(prompt -> new String(prompt.key(), UTF_8)))
        .containsExactlyInAnyOrder("1", "2");
    for (ConsumerRecord<byte[], byte[]> prompt : prompts) {
      assertThat(new RequestReader().read(prompt.value()).getModel()).isEmpty();
    }
  }

  @Test
  void committedOutcomesAreCollectedAsLinesOfJson() throws Exception {
    answer("a");
    refuse("b");

    assertThat(collect("--count", "2")).isEqualTo(ExitCode.DONE);

    assertThat(terminal.err()).contains("1 completions, 1 dead letters, 1 latency records");
    assertThat(lines("completions.jsonl")).singleElement().asString().contains("\"id\":\"a\"");
    assertThat(lines("dead-letters.jsonl")).singleElement().asString().contains("INVALID_TOP_P");
    assertThat(lines("latency.jsonl")).singleElement().asString().contains("\"id\":\"a\"");
  }

  @Test
  void fewerOutcomesThanAskedForIsStatusThree() throws Exception {
    answer("a");

    assertThat(collect("--count", "2", "--idle", "1")).isEqualTo(ExitCode.INCOMPLETE);
    assertThat(lines("completions.jsonl")).hasSize(1);
  }

  @Test
  void aGroupGoesOnWhereItStopped() throws Exception {
    answer("a");
    assertThat(collect("--group", "nightly", "--count", "1")).isEqualTo(ExitCode.DONE);
    answer("b");
    assertThat(collect("--group", "nightly", "--count", "1")).isEqualTo(ExitCode.DONE);

    assertThat(lines("completions.jsonl")).hasSize(2);
    assertThat(lines("completions.jsonl").get(1)).contains("\"id\":\"b\"");
  }

  private static List<String> topics(Admin admin) throws Exception {
    return admin.listTopics().names().get().stream().filter(LocalTopics.all()::contains).toList();
  }

  private int submit(String... arguments) {
    return run("submit", arguments);
  }

  private int collect(String... arguments) {
    List<String> all = new ArrayList<>(List.of("--out", folder.toString()));
    all.addAll(List.of(arguments));
    return run("collect", all.toArray(String[]::new));
  }

  private int run(String command, String... arguments) {
    List<String> all =
        new ArrayList<>(List.of(command, "--bootstrap-server", broker.bootstrapServers()));
    all.addAll(List.of(arguments));
    return terminal.run(all.toArray(String[]::new));
  }

  private List<String> lines(String file) throws IOException {
    return Files.readAllLines(folder.resolve(file));
  }

  private static void answer(String id) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      producer
          .send(
              record(
                  LocalTopics.NAMES.completions(),
                  GenerationResult.class,
                  Outcomes.completion(id, 5)))
          .get();
      producer
          .send(
              record(
                  LocalTopics.NAMES.latency(), GenerationLatency.class, Outcomes.latency(id, 10)))
          .get();
    }
  }

  private static void refuse(String id) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      producer
          .send(record(LocalTopics.NAMES.deadLetters(), DeadLetter.class, Outcomes.deadLetter(id)))
          .get();
    }
  }

  private static <T extends SpecificRecordBase> ProducerRecord<byte[], byte[]> record(
      String topic, Class<T> type, T value) {
    return new ProducerRecord<>(topic, RecordCodec.of(type).encode(value));
  }

  private static KafkaProducer<byte[], byte[]> producer() {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", broker.bootstrapServers()),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private static List<ConsumerRecord<byte[], byte[]>> read(String topic, int count) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(topic, info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      while (records.size() < count) {
        consumer.poll(Duration.ofMillis(100)).forEach(records::add);
      }
    }
    return records;
  }
}
