package dev.millrace.job.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.TestSettings;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.RegistryFrame;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutcomeFramesTest {
  private static final byte[] LATENCY = latency();

  private FakeRegistry registry;

  @BeforeEach
  void start() throws IOException {
    registry = new FakeRegistry();
  }

  @AfterEach
  void stop() {
    registry.close();
  }

  @Test
  void theSchemasOfAllThatIsWrittenAreRegisteredAtTheStart(@TempDir Path folder) throws Exception {
    Files.writeString(
        folder.resolve("order.avsc"),
        "{\"type\":\"record\",\"name\":\"Order\",\"fields\":[{\"name\":\"t\",\"type\":\"string\"}]}");
    Files.writeString(
        folder.resolve("tasks.yaml"),
        """
        tasks:
          tone:
            kind: label
            version: 1
            prompt: "{{ text }}"
            label: {labels: [good, bad], review: {margin_below: 0.2, topic: doubtful}}
          triage:
            kind: enrich
            version: 1
            prompt: "{{ text }}"
            enrich: {fields: {kind: {enum: [a, b]}}, topic: orders-triaged}
            from: {topic: orders, format: avro, schemas: [order.avsc], input: {text: /t}}
        """);

    OutcomeFrames.of(settings("millrace.tasks", folder.resolve("tasks.yaml").toString()));

    assertThat(registry.requests)
        .containsExactly(
            "POST /subjects/completions-value/versions",
            "POST /subjects/completion-latency-value/versions",
            "POST /subjects/prompts-dead-letter-value/versions",
            "POST /subjects/doubtful-value/versions",
            "POST /subjects/orders-triaged-value/versions");
  }

  @Test
  void aRecordChangesItsHeaderAndKeepsItsBody() {
    byte[] framed = OutcomeFrames.of(settings()).frame("completion-latency", LATENCY);

    assertThat(RegistryFrame.isFramed(framed)).isTrue();
    assertThat(Arrays.copyOfRange(framed, RegistryFrame.HEADER_BYTES, framed.length))
        .isEqualTo(Arrays.copyOfRange(LATENCY, 10, LATENCY.length));
  }

  @Test
  void whatIsNotInSingleObjectEncodingStaysAsItIs() {
    OutcomeFrames frames = OutcomeFrames.of(settings());
    byte[] json = "{\"a\":1}".getBytes(StandardCharsets.UTF_8);
    byte[] framed = {0, 0, 0, 0, 7, 1, 2};

    assertThat(frames.frame("orders-triaged", json)).isSameAs(json);
    assertThat(frames.frame("orders-triaged", framed)).isSameAs(framed);
  }

  @Test
  void withoutARegistryNothingChanges() {
    assertThat(OutcomeFrames.of(TestSettings.defaults()).frame("completions", LATENCY))
        .isSameAs(LATENCY);
  }

  @Test
  void theStartFailsWhereASchemaIsNeitherThereNorToBeRegistered() {
    assertThatThrownBy(() -> OutcomeFrames.of(settings("millrace.registry.register", "false")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("millrace.registry.url")
        .hasMessageContaining("subject completions-value");
  }

  @Test
  void theStartFailsWhereTheRegistryDoesNotAnswerInTime() {
    JobSettings settings = settings("millrace.broker-patience", "0 ms");
    registry.close();

    assertThatThrownBy(() -> OutcomeFrames.of(settings))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("does not answer");
  }

  @Test
  void aTopicWithSeveralKindsOfRecordsNamesTheKindInItsSubject() {
    OutcomeFrames.of(settings("millrace.registry.subjects", "topic-record"));

    assertThat(registry.requests)
        .contains("POST /subjects/completions-dev.millrace.schema.GenerationResult/versions");
  }

  @Test
  void framingWithoutARegistryIsRefused() {
    assertThatThrownBy(() -> TestSettings.with("millrace.topics.framing", "registry"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("there is no millrace.registry.url");
  }

  @Test
  void eventsWithoutSchemasNeedARegistry(@TempDir Path folder) throws Exception {
    Path tasks =
        Files.writeString(
            folder.resolve("tasks.yaml"),
            """
            tasks:
              tone:
                kind: label
                version: 1
                prompt: "{{ text }}"
                label: {labels: [good, bad]}
                from: {topic: reviews, format: avro, input: {text: /t}}
            """);

    assertThatThrownBy(
            () -> OutcomeFrames.of(TestSettings.with("millrace.tasks", tasks.toString())))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("task 'tone' has Avro events and no schemas")
        .hasMessageContaining("millrace.registry.url");
  }

  private JobSettings settings(String... more) {
    String[] all = Arrays.copyOf(more, more.length + 2);
    all[more.length] = "millrace.topics.framing";
    all[more.length + 1] = "registry";
    return TestSettings.with("millrace.registry.url", registry.url(), all);
  }

  private static byte[] latency() {
    GenerationLatency latency = new GenerationLatency();
    latency.setId("1");
    latency.setModel("m");
    latency.setDevice("cpu");
    return RecordCodec.of(GenerationLatency.class).encode(latency);
  }
}
