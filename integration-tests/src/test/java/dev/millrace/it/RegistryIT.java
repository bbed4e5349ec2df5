package dev.millrace.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.cli.local.LocalJob;
import dev.millrace.engine.model.TinyCheckpoint;
import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.config.Framing;
import dev.millrace.job.config.RegistrySettings;
import dev.millrace.job.config.SubjectNames;
import dev.millrace.job.registry.SchemaDirectory;
import io.apicurio.registry.serde.avro.AvroKafkaDeserializer;
import io.apicurio.registry.serde.avro.AvroKafkaSerializer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real registry between somebody's producer and consumer, which know Apicurio's serializers, and
 * the job, which speaks Confluent's protocol with it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RegistryIT {
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** A producer's own idea of a request: fewer fields, and one that the job does not know. */
  private static final Schema REQUEST =
      schema(
          "dev.millrace.schema.GenerationRequest",
          "{\"name\":\"id\",\"type\":\"string\"}",
          "{\"name\":\"prompt\",\"type\":\"string\"}",
          "{\"name\":\"max_tokens\",\"type\":\"int\"}",
          "{\"name\":\"trace\",\"type\":\"long\"}");

  private static final Schema ORDER =
      schema(
          "shop.Order",
          "{\"name\":\"number\",\"type\":\"long\"}",
          "{\"name\":\"remarks\",\"type\":\"string\"}");
  private static final Schema LATER_ORDER =
      schema(
          "shop.Order",
          "{\"name\":\"number\",\"type\":\"long\"}",
          "{\"name\":\"remarks\",\"type\":\"string\"}",
          "{\"name\":\"channel\",\"type\":\"string\",\"default\":\"web\"}");
  private static final Schema LAST_ORDER =
      schema(
          "shop.Order",
          "{\"name\":\"number\",\"type\":\"long\"}",
          "{\"name\":\"remarks\",\"type\":\"string\"}",
          "{\"name\":\"channel\",\"type\":\"string\",\"default\":\"web\"}",
          "{\"name\":\"gift\",\"type\":\"boolean\",\"default\":false}");

  private static final String TASK =
      """
      tasks:
        triage:
          kind: enrich
          version: 1
          prompt: "{{ text }}"
          sampling: {temperature: 0, max_tokens: 64}
          enrich:
            fields:
              kind: {enum: [parcel, pallet]}
              urgent: {type: boolean}
            into: triage
            topic: orders-triaged
          from:
            topic: orders
            format: avro
            id: /number
            input: {text: /remarks}
      """;

  @TempDir static Path folder;
  private Path model;
  private RegistryProcess registry;
  private AvroKafkaSerializer<GenericRecord> serializer;
  private AvroKafkaDeserializer<GenericRecord> deserializer;

  @BeforeAll
  void start() throws Exception {
    model = new TinyCheckpoint().write(folder.resolve("model"));
    Files.writeString(folder.resolve("tasks.yaml"), TASK);
    registry = RegistryProcess.start(Files.createDirectory(folder.resolve("registry")));
    Map<String, String> client =
        Map.of(
            "apicurio.registry.url", registry.ownUrl(), "apicurio.registry.auto-register", "true");
    serializer = new AvroKafkaSerializer<>();
    serializer.configure(client, false);
    deserializer = new AvroKafkaDeserializer<>();
    deserializer.configure(client, false);
  }

  @AfterAll
  void stop() throws Exception {
    serializer.close();
    deserializer.close();
    registry.close();
  }

  @Test
  void records_go_through_while_the_registry_comes_and_goes() throws Exception {
    try (TestPipeline pipeline =
        TestPipeline.start(Files.createDirectory(folder.resolve("checkpoints")), model)) {
      pipeline.createTopics("orders", "orders-triaged");
      LocalJob job = pipeline.startJob(settings());

      // Whoever writes and reads through the registry finds all in it.
      pipeline.send(
          Stream.concat(
                  IntStream.range(0, 6).mapToObj(i -> prompt("prompt-" + i)),
                  Stream.of(order(ORDER, 1), order(LATER_ORDER, 2)))
              .toList());
      pipeline.send(
          List.of(
              record("unknown", "prompts", new byte[] {0, 0x7F, 0, 0, 1, 2, 65}),
              record("another", "prompts", order(ORDER, 3).value())));
      assertThat(read(pipeline, "completions", 8)).hasSize(8);
      assertThat(read(pipeline, "completion-latency", 8)).hasSize(8);
      List<GenericRecord> letters = read(pipeline, "prompts-dead-letter", 2);
      assertThat(letters)
          .extracting(letter -> letter.get("code").toString())
          .containsExactlyInAnyOrder("UNKNOWN_SCHEMA", "INCOMPATIBLE_SCHEMA");
      assertThat(letters)
          .extracting(letter -> letter.get("message").toString())
          .anySatisfy(message -> assertThat(message).contains("id " + 0x7F000001))
          .anySatisfy(message -> assertThat(message).contains("shop.Order"));

      // What is known needs no registry; what is not waits for it, and only that.
      byte[] ofNewSchema = order(LAST_ORDER, 4).value();
      registry.kill();
      pipeline.send(List.of(prompt("while-it-is-away"), order(ORDER, 5)));
      awaitRaw(pipeline, "completions", 10);
      pipeline.send(List.of(record("4", "orders", ofNewSchema)));
      Instant end = Instant.now().plus(PATIENCE);
      while (directory().away().isEmpty()) {
        assertThat(Instant.now()).as("the source waits for the registry").isBefore(end);
        Thread.sleep(50);
      }
      job.requireAlive();
      registry.start();

      List<GenericRecord> completions = read(pipeline, "completions", 11);
      assertThat(completions)
          .extracting(completion -> completion.get("id").toString())
          .containsExactlyInAnyOrder(
              "prompt-0",
              "prompt-1",
              "prompt-2",
              "prompt-3",
              "prompt-4",
              "prompt-5",
              "1",
              "2",
              "5",
              "while-it-is-away",
              "4");
      List<GenericRecord> triaged = read(pipeline, "orders-triaged", 4);
      assertThat(triaged)
          .extracting(order -> (Long) order.get("number"))
          .containsExactlyInAnyOrder(1L, 2L, 4L, 5L);
      assertThat(triaged)
          .allSatisfy(
              order -> {
                GenericRecord triage = (GenericRecord) order.get("triage");
                assertThat(triage.get("kind").toString()).isIn("parcel", "pallet");
                assertThat(triage.get("urgent")).isInstanceOf(Boolean.class);
              });
      assertThat(triaged)
          .filteredOn(order -> order.get("number").equals(4L))
          .singleElement()
          .satisfies(
              order -> {
                assertThat(order.get("channel").toString()).isEqualTo("shop");
                assertThat(order.get("gift")).isEqualTo(true);
              });
      assertThat(read(pipeline, "prompts-dead-letter", 2)).hasSize(2);
      assertThat(registry.get("/subjects/orders-triaged-value/versions")).isEqualTo("[1,2,3]");
    }
  }

  @Test
  void a_job_that_may_not_register_names_the_schema_that_is_missing() throws Exception {
    try (TestPipeline pipeline =
        TestPipeline.start(Files.createDirectory(folder.resolve("no-checkpoints")), model)) {
      Map<String, String> settings = new java.util.HashMap<>(settings());
      settings.put("millrace.registry.register", "false");
      settings.put("millrace.topics.completions", "answers");

      assertThatThrownBy(() -> pipeline.startJob(settings))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("under subject answers-value")
          .hasMessageContaining("millrace.registry.register");
    }
  }

  private Map<String, String> settings() {
    return Map.of(
        "millrace.tasks", folder.resolve("tasks.yaml").toString(),
        "millrace.threads", "1",
        "millrace.cache-tokens", "4096",
        "millrace.broker-patience", "5 min",
        "millrace.topics.framing", "registry",
        "millrace.registry.url", registry.confluentUrl());
  }

  /** The directory of the job, which runs in this process. */
  private SchemaDirectory directory() {
    return SchemaDirectory.shared(
        new RegistrySettings(
            registry.confluentUrl(), Framing.REGISTRY, SubjectNames.TOPIC, true, Map.of()));
  }

  private ProducerRecord<byte[], byte[]> prompt(String id) {
    GenericRecord request =
        new GenericRecordBuilder(REQUEST)
            .set("id", id)
            .set("prompt", "Say " + id)
            .set("max_tokens", 4)
            .set("trace", 7L)
            .build();
    return record(id, "prompts", serializer.serialize("prompts", request));
  }

  private ProducerRecord<byte[], byte[]> order(Schema schema, long number) {
    GenericRecordBuilder order =
        new GenericRecordBuilder(schema).set("number", number).set("remarks", "Two pallets!");
    if (schema.getField("channel") != null) {
      order.set("channel", "shop");
    }
    if (schema.getField("gift") != null) {
      order.set("gift", true);
    }
    return record("" + number, "orders", serializer.serialize("orders", order.build()));
  }

  private static ProducerRecord<byte[], byte[]> record(String key, String topic, byte[] value) {
    return new ProducerRecord<>(topic, key.getBytes(UTF_8), value);
  }

  private List<GenericRecord> read(TestPipeline pipeline, String topic, int count) {
    return awaitRaw(pipeline, topic, count).stream()
        .map(record -> deserializer.deserialize(topic, record.value()))
        .toList();
  }

  private static List<ConsumerRecord<byte[], byte[]>> awaitRaw(
      TestPipeline pipeline, String topic, int count) {
    List<ConsumerRecord<byte[], byte[]>> records = pipeline.read(topic, count);
    assertThat(records).as(topic).hasSize(count);
    return records;
  }

  private static Schema schema(String name, String... fields) {
    return new Schema.Parser()
        .parse(
            "{\"type\":\"record\",\"name\":\"%s\",\"fields\":[%s]}"
                .formatted(name, String.join(",", fields)));
  }
}
