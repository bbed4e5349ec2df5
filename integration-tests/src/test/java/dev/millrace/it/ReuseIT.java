package dev.millrace.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cli.local.LocalJob;
import dev.millrace.engine.model.TinyCheckpoint;
import dev.millrace.schema.GenerationResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Equal prompts through a real broker, job and engine, stopped in the middle. */
class ReuseIT {
  private static final int PROMPTS = 200;
  private static final int DIFFERENT = 40;

  @TempDir Path checkpoints;
  @TempDir Path model;

  @Test
  void each_prompt_is_generated_once_and_each_id_answered_once_over_a_restart() throws Exception {
    Path checkpoint = new TinyCheckpoint().endOfSequence(511).write(model);
    try (TestPipeline pipeline = TestPipeline.start(checkpoints, checkpoint);
        Outcomes outcomes = pipeline.outcomes()) {
      pipeline.send(IntStream.range(0, PROMPTS).mapToObj(ReuseIT::record).toList());
      CountingModel.forget();
      CountingModel.handOverOnly(checkpoint, 1);
      LocalJob first = pipeline.startJob(settings(1), CountingModel::open);
      outcomes.await(1, Duration.ofMinutes(8), () -> true);
      first.close();
      outcomes.readToEnd();
      assertThat(outcomes.count()).as("stopped in the middle").isLessThan(PROMPTS);

      pipeline.startJob(settings(8));
      outcomes.await(PROMPTS, Duration.ofMinutes(8), () -> true);
      outcomes.readToEnd();

      assertThat(outcomes.deadLetters).isEmpty();
      assertThat(outcomes.latencies).hasSize(PROMPTS);
      List<GenerationResult> results =
          outcomes.completions.stream().map(Outcomes.Read::value).toList();
      assertThat(results)
          .extracting(GenerationResult::getId)
          .hasSize(PROMPTS)
          .doesNotHaveDuplicates();
      assertThat(results).filteredOn(result -> !result.getReused()).hasSize(DIFFERENT);
      Map<Integer, Set<String>> texts =
          results.stream()
              .collect(
                  Collectors.groupingBy(
                      result -> Integer.parseInt(result.getId()) % DIFFERENT,
                      Collectors.mapping(GenerationResult::getText, Collectors.toSet())));
      assertThat(texts)
          .hasSize(DIFFERENT)
          .allSatisfy((prompt, text) -> assertThat(text).hasSize(1));
    }
  }

  private static Map<String, String> settings(int maxRunning) {
    return Map.of(
        "millrace.reuse.enabled",
        "true",
        "millrace.precision",
        "float32",
        "millrace.threads",
        "1",
        "millrace.max-running",
        Integer.toString(maxRunning),
        "millrace.cache-tokens",
        "2048");
  }

  private static ProducerRecord<byte[], byte[]> record(int i) {
    String value =
        "{\"id\":\"%d\",\"prompt\":\"Number %d of many\",\"max_tokens\":100,\"temperature\":0}"
            .formatted(i, i % DIFFERENT);
    return new ProducerRecord<>("prompts", ("key-" + i).getBytes(UTF_8), value.getBytes(UTF_8));
  }
}
