package dev.millrace.it.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.model.TinyCheckpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** One document of 300 pages, and kill -9 of the process that summarises it. */
class DocumentKillIT {
  /** What 300 pages of 500 words have, which is far more than twenty contexts. */
  private static final int WORDS = 150_000;

  private static final int CONTEXT = 4_096;
  private static final int SUMMARY_TOKENS = 64;
  private static final int SAVED_PARTS = 6;
  private static final int LEAST_PARTS = 20;
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final String TASK =
      """
      tasks:
        summary:
          kind: summarise
          version: 1
          prompt: "{{ text }}"
          sampling: {temperature: 0, max_tokens: %d}
          summarise:
            combine:
              at_most: 8
              prompt: "{% for part in parts %}{{ part }} {% endfor %}"
      """
          .replace("%d", "" + SUMMARY_TOKENS);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  @Test
  void three_hundred_pages_survive_a_kill_and_no_finished_part_is_generated_again()
      throws Exception {
    Path model =
        new TinyCheckpoint()
            .endOfSequence(511)
            .config("max_position_embeddings", "" + CONTEXT)
            .write(folder.resolve("model"));
    Path tasks = Files.writeString(folder.resolve("tasks.yaml"), TASK);
    try (ChaosCluster cluster = new ChaosCluster(folder, model, settings(tasks))) {
      cluster.startJob();
      cluster.send(record(document()));
      Waiting.until(
          "parts are finished",
          PATIENCE,
          () -> cluster.tokens().total() >= SAVED_PARTS * SUMMARY_TOKENS);
      long saved = cluster.tokens().total();
      cluster.awaitCheckpointOfNow();
      String victim = cluster.flink().rest().taskManagersOf(cluster.job()).get(0);
      cluster.flink().taskManager(victim).kill();
      long atKill = cluster.tokens().total();
      assertThat(cluster.outcomes().count()).as("killed in the middle").isZero();
      cluster.flink().replaceTaskManager(victim);
      cluster.awaitOutcomes(1);
      cluster.stopJob();

      OutcomeLedger.Outcomes outcomes;
      try (var admin = cluster.broker().admin()) {
        outcomes = cluster.outcomes().readToEnd(admin);
      }
      assertThat(outcomes.letters()).isEmpty();
      assertThat(outcomes.completions()).hasSize(1);
      OutcomeLedger.Completion summary = outcomes.completions().get(0);
      OutcomeLedger.Latency latency = outcomes.latencies().get(0);
      assertThat(summary.tokens()).isGreaterThan(LEAST_PARTS * SUMMARY_TOKENS);
      assertThat(latency.attempts()).isEqualTo(2);
      assertThat(cluster.tokens().total() - summary.tokens())
          .as("generated twice: at most what came after the %d that were saved", saved)
          .isLessThanOrEqualTo(atKill - saved);
    }
  }

  private static Map<String, String> settings(Path tasks) {
    return Map.of(
        "millrace.tasks",
        tasks.toString(),
        "millrace.cache-tokens",
        "" + 4 * CONTEXT,
        "millrace.max-record-size",
        "4 mb",
        // Else all parts are finished before a slow checkpoint is.
        "millrace.max-running",
        "1");
  }

  private static String document() {
    String[] words = {"the", "order", "of", "a", "customer", "is", "in", "and", "it", "for"};
    Random random = new Random(0);
    StringBuilder text = new StringBuilder();
    for (int i = 1; i <= WORDS; i++) {
      text.append(words[random.nextInt(words.length)]);
      text.append(i % 90 == 0 ? ".\n\n" : i % 15 == 0 ? ". " : " ");
    }
    return text.toString();
  }

  private static ProducerRecord<byte[], byte[]> record(String document) {
    ObjectNode request =
        JsonMapper.builder().build().createObjectNode().put("id", "book").put("task", "summary");
    request.putObject("input").put("text", document);
    return new ProducerRecord<>(
        OutcomeLedger.TOPICS.prompts(), "book".getBytes(UTF_8), request.toString().getBytes(UTF_8));
  }
}
