package dev.millrace.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cli.local.LocalJob;
import dev.millrace.engine.model.TinyCheckpoint;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.GenerationResult;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Five hundred prompts, good and bad, through a real broker and a real Flink job. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PipelineIT {
  private static final int CONTEXT = 512;
  private static final int PROMPTS = 500;
  private static final long SENT_AT = Instant.parse("2026-01-02T03:04:05Z").toEpochMilli();

  @TempDir static Path checkpoints;
  @TempDir static Path model;
  private final Map<String, PromptMix.Prompt> prompts = PromptMix.of(PROMPTS, CONTEXT);
  private TestPipeline pipeline;
  private LocalJob job;
  private Outcomes outcomes;

  @BeforeAll
  void send_everything_and_wait_for_the_outcomes() throws Exception {
    Path checkpoint =
        new TinyCheckpoint().config("max_position_embeddings", "" + CONTEXT).write(model);
    pipeline = TestPipeline.start(checkpoints, checkpoint);
    outcomes = pipeline.outcomes();
    List<ProducerRecord<byte[], byte[]>> records =
        prompts.keySet().stream().map(this::record).collect(Collectors.toList());
    Collections.shuffle(records, new Random(1));
    pipeline.send(records);
    job = pipeline.startJob(Map.of("millrace.cache-tokens", "4096", "millrace.threads", "1"));
    outcomes.await(PROMPTS, Duration.ofMinutes(10), this::jobIsAlive);
    outcomes.readToEnd();
  }

  @AfterAll
  void stop() {
    outcomes.close();
    pipeline.close();
  }

  @Test
  void every_prompt_has_exactly_one_outcome() {
    List<String> keys = new ArrayList<>();
    outcomes.completions.forEach(read -> keys.add(key(read.record())));
    outcomes.deadLetters.forEach(read -> keys.add(key(read.record())));
    assertThat(keys).containsExactlyInAnyOrderElementsOf(prompts.keySet());
  }

  @Test
  void every_completion_has_exactly_one_latency_record() {
    List<String> completed =
        outcomes.completions.stream().map(read -> read.value().getId()).toList();
    assertThat(outcomes.latencies.stream().map(read -> read.value().getId()).toList())
        .containsExactlyInAnyOrderElementsOf(completed);
  }

  @Test
  void bad_prompts_become_dead_letters_with_their_code_and_good_ones_completions() {
    Map<String, String> refused = new HashMap<>();
    outcomes.deadLetters.forEach(read -> refused.put(key(read.record()), read.value().getCode()));
    Map<String, String> expected = new HashMap<>();
    prompts.forEach(
        (id, prompt) -> prompt.refusal().ifPresent(code -> expected.put(id, code.name())));
    assertThat(refused).isEqualTo(expected);
  }

  @Test
  void a_dead_letter_keeps_the_record_byte_for_byte_and_says_what_to_do() {
    for (Outcomes.Read<DeadLetter> read : outcomes.deadLetters) {
      DeadLetter letter = read.value();
      byte[] value = prompts.get(key(read.record())).value().orElse(null);
      assertThat(letter.getValue().map(PipelineIT::bytes).orElse(null)).isEqualTo(value);
      assertThat(letter.getKey().map(PipelineIT::bytes)).contains(read.record().key());
      assertThat(letter.getTopic()).isEqualTo("prompts");
      assertThat(letter.getMessage()).isNotBlank();
      assertThat(letter.getHeaders()).hasSize(2);
    }
  }

  @Test
  void key_headers_and_timestamp_travel_with_every_outcome() {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    outcomes.completions.forEach(read -> records.add(read.record()));
    outcomes.latencies.forEach(read -> records.add(read.record()));
    outcomes.deadLetters.forEach(read -> records.add(read.record()));
    assertThat(records)
        .allSatisfy(
            record -> {
              assertThat(record.timestamp()).isEqualTo(SENT_AT);
              assertThat(header(record, "source")).isEqualTo(key(record));
              assertThat(header(record, "trace")).isEqualTo("00-ab");
            });
  }

  @Test
  void completions_say_what_made_them() {
    Map<String, GenerationResult> results =
        outcomes.completions.stream()
            .map(Outcomes.Read::value)
            .collect(Collectors.toMap(GenerationResult::getId, Function.identity()));
    assertThat(results.values())
        .allSatisfy(
            result -> {
              assertThat(result.getAttributes()).containsEntry("for", result.getId());
              assertThat(result.getPromptTokens()).isPositive();
              assertThat(result.getCompletionTokens()).isBetween(1, 12);
              assertThat(result.getProvenance().getWeightsHash()).isNotBlank();
              assertThat(result.getProvenance().getEngineVersion()).isNotBlank();
            });
  }

  @Test
  void no_bad_record_has_stopped_the_job() {
    assertThat(jobIsAlive()).isTrue(); // it has no restart strategy: one failure ends it
  }

  private ProducerRecord<byte[], byte[]> record(String id) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(
            "prompts", null, SENT_AT, id.getBytes(UTF_8), prompts.get(id).value().orElse(null));
    record.headers().add("source", id.getBytes(UTF_8)).add("trace", "00-ab".getBytes(UTF_8));
    return record;
  }

  private boolean jobIsAlive() {
    try {
      job.requireAlive();
      return true;
    } catch (java.io.IOException e) {
      return false;
    }
  }

  private static String key(ConsumerRecord<byte[], byte[]> record) {
    return new String(record.key(), UTF_8);
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null ? "none" : new String(header.value(), UTF_8);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}
