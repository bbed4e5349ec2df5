package dev.millrace.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cli.local.LocalJob;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Generation;
import dev.millrace.engine.Precision;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.model.TinyCheckpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job that is stopped in the middle and goes on from its last checkpoint. */
class RestartIT {
  private static final int PROMPTS = 150;
  private static final int MAX_TOKENS = 100;
  private static final int CACHE = 2048;

  @TempDir Path checkpoints;
  @TempDir Path model;

  @Test
  void a_restart_from_a_checkpoint_leaves_each_id_once_and_each_text_as_if_undisturbed()
      throws Exception {
    Path checkpoint = new TinyCheckpoint().endOfSequence(511).write(model);
    Map<String, String> undisturbed = generateDirectly(checkpoint);
    try (TestPipeline pipeline = TestPipeline.start(checkpoints, checkpoint);
        Outcomes outcomes = pipeline.outcomes()) {
      pipeline.send(IntStream.range(0, PROMPTS).mapToObj(RestartIT::record).toList());
      CountingModel.forget();
      CountingModel.handOverOnly(checkpoint, PROMPTS / 5);
      LocalJob first = pipeline.startJob(settings(2), CountingModel::open);
      outcomes.await(PROMPTS / 5, Duration.ofMinutes(8), () -> true);
      first.close();
      outcomes.readToEnd();
      assertThat(outcomes.count()).as("stopped in the middle").isLessThan(PROMPTS);

      pipeline.startJob(settings(8));
      outcomes.await(PROMPTS, Duration.ofMinutes(8), () -> true);
      outcomes.readToEnd();

      assertThat(outcomes.deadLetters).isEmpty();
      assertThat(outcomes.completions.stream().map(read -> read.value().getId()))
          .containsExactlyInAnyOrderElementsOf(undisturbed.keySet());
      assertThat(outcomes.latencies).hasSize(PROMPTS);
      assertThat(outcomes.latencies)
          .as("generations went on from the tokens of the checkpoint")
          .anyMatch(read -> read.value().getResumedTokens() > 0 && read.value().getAttempts() == 2);
      Map<String, String> texts = new HashMap<>();
      outcomes.completions.forEach(read -> texts.put(read.value().getId(), read.value().getText()));
      assertThat(texts).isEqualTo(undisturbed);
    }
  }

  private static Map<String, String> settings(int maxRunning) {
    return Map.of(
        "millrace.precision",
        "float32",
        "millrace.threads",
        "1",
        "millrace.max-running",
        Integer.toString(maxRunning),
        "millrace.cache-tokens",
        Integer.toString(CACHE));
  }

  private static Map<String, String> generateDirectly(Path checkpoint) {
    EngineOptions options =
        EngineOptions.of(checkpoint).in(Precision.FLOAT32).withThreads(1).withCacheTokens(CACHE);
    try (Engine engine = Engine.open(options)) {
      List<Generation> generations =
          IntStream.range(0, PROMPTS).mapToObj(i -> engine.submit(request(engine, i))).toList();
      Map<String, String> texts = new HashMap<>();
      generations.forEach(
          generation ->
              texts.put(
                  generation.request().id(),
                  generation.completion().toCompletableFuture().join().text()));
      return texts;
    }
  }

  private static GenerateRequest request(Engine engine, int i) {
    TokenIds prompt = TokenIds.of(engine.tokenizer().encode(prompt(i), true));
    return GenerateRequest.builder("id-" + i, prompt).maxTokens(MAX_TOKENS).build();
  }

  private static ProducerRecord<byte[], byte[]> record(int i) {
    String value =
        "{\"id\":\"id-%d\",\"prompt\":\"%s\",\"max_tokens\":%d,\"temperature\":0}"
            .formatted(i, prompt(i), MAX_TOKENS);
    return new ProducerRecord<>("prompts", ("id-" + i).getBytes(UTF_8), value.getBytes(UTF_8));
  }

  private static String prompt(int i) {
    return "Number " + i + " of many";
  }
}
