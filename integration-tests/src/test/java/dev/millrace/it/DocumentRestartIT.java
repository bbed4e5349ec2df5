package dev.millrace.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.cli.local.LocalJob;
import dev.millrace.cli.local.RetainedCheckpoint;
import dev.millrace.engine.text.Tokenizer;
import dev.millrace.schema.DocumentParts;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo model, told that its context is short, and a document of twenty times that. */
class DocumentRestartIT {
  private static final int CONTEXT = 1024;
  private static final int TIMES = 20;

  /** Finished before the stop. */
  private static final int PARTS = 10;

  private static final Path TASKS =
      Path.of("..", "deploy", "tasks", "summarise.yaml").toAbsolutePath().normalize();
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir Path checkpoints;
  @TempDir Path model;

  @Test
  void a_document_of_twenty_contexts_survives_a_stop_with_its_finished_parts() throws Exception {
    shortenContext();
    String document = document();
    Set<String> kept;
    try (TestPipeline pipeline = TestPipeline.start(checkpoints, model);
        Outcomes outcomes = pipeline.outcomes()) {
      CountingModel.forget();
      CountingModel.handOverOnly(model, PARTS);
      LocalJob first = pipeline.startJob(settings(1), CountingModel::open);
      pipeline.send(java.util.List.of(record(document)));
      awaitFinishedParts(PARTS, first);
      kept = new HashSet<>(CountingModel.FINISHED);
      awaitCheckpointsBegunFromNowOn(2, first);
      first.close();
      outcomes.readToEnd();
      assertThat(outcomes.count()).as("stopped in the middle").isZero();

      CountingModel.forget();
      pipeline.startJob(settings(8), CountingModel::open);
      outcomes.await(1, Duration.ofMinutes(8), () -> true);
      outcomes.readToEnd();

      assertThat(CountingModel.SUBMITTED)
          .as("finished parts are not generated again")
          .isNotEmpty()
          .doesNotContainAnyElementsOf(kept);
      assertThat(outcomes.deadLetters).isEmpty();
      GenerationResult result = outcomes.completions.get(0).value();
      assertThat(outcomes.completions).hasSize(1);
      assertThat(result.getText()).isNotBlank();
      DocumentParts parts = result.getDocument().orElseThrow();
      assertThat(parts.getParts()).isGreaterThan(TIMES);
      assertThat(parts.getLevels()).as("a tree").isGreaterThan(2);
      assertThat(result.getPromptTokens())
          .as("the cost of all parts together")
          .isGreaterThan(TIMES * CONTEXT);
      GenerationLatency latency = outcomes.latencies.get(0).value();
      assertThat(latency.getAttempts()).isEqualTo(2);
      assertThat(latency.getResumedTokens()).isGreaterThan(kept.size());
    }
  }

  private static Map<String, String> settings(int maxRunning) {
    return Map.of(
        "millrace.tasks",
        TASKS.toString(),
        "millrace.threads",
        "1",
        "millrace.cache-tokens",
        Integer.toString(8 * CONTEXT),
        "millrace.max-running",
        Integer.toString(maxRunning),
        "millrace.max-record-size",
        "4 mb");
  }

  /** A copy of the demo model whose configuration names a shorter context. */
  private void shortenContext() throws IOException {
    try (var files = Files.list(HeldOut.MODEL)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    Path config = model.resolve("config.json");
    ObjectNode settings = (ObjectNode) JSON.readTree(config.toFile());
    settings.put("max_position_embeddings", CONTEXT);
    Files.writeString(config, settings.toString());
  }

  /** The held-out cases one after the other, and again, until there is enough. */
  private String document() {
    String cases =
        HeldOut.all().stream()
            .filter(row -> row.task().equals("summarise"))
            .map(row -> row.messages().get(1).content())
            .collect(Collectors.joining("\n\n"));
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      double tokensEach = (double) tokenizer.encode(cases, false).length / cases.length();
      int length = (int) (TIMES * CONTEXT / tokensEach) + 1_000;
      String document = cases.repeat(length / cases.length() + 1).substring(0, length);
      assertThat(tokenizer.encode(document, false).length).isGreaterThanOrEqualTo(TIMES * CONTEXT);
      return document;
    }
  }

  private static ProducerRecord<byte[], byte[]> record(String document) {
    ObjectNode request = JSON.createObjectNode().put("id", "long").put("task", "summarise");
    request.putObject("input").put("text", document);
    return new ProducerRecord<>(
        "prompts", "long".getBytes(UTF_8), request.toString().getBytes(UTF_8));
  }

  private static void awaitFinishedParts(int count, LocalJob job) throws Exception {
    Instant end = Instant.now().plus(Duration.ofMinutes(5));
    while (CountingModel.FINISHED.size() < count) {
      assertThat(Instant.now()).isBefore(end);
      job.requireAlive();
      Thread.sleep(10);
    }
  }

  /** Of two that end from now on, the second has begun after now. */
  private void awaitCheckpointsBegunFromNowOn(int count, LocalJob job) throws Exception {
    Instant end = Instant.now().plus(Duration.ofMinutes(3));
    Optional<Path> newest = RetainedCheckpoint.newest(checkpoints);
    int seen = 0;
    while (seen < count) {
      assertThat(Instant.now()).isBefore(end);
      job.requireAlive();
      Optional<Path> now = RetainedCheckpoint.newest(checkpoints);
      if (now.isPresent() && !now.equals(newest)) {
        newest = now;
        seen++;
      }
      Thread.sleep(10);
    }
  }
}
