package dev.millrace.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.engine.EngineListener;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.model.Checkpoint;
import dev.millrace.engine.model.MachineLimits;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineBenchTest {
  private static final Path DEMO_MODEL =
      Path.of(System.getProperty("millrace.home"), "deploy/demo-model");
  private static final Shape TINY =
      new Shape("tiny", 4096, 64, 96, 2, 4, 2, 16, 512, 10_000, Map.of(), false);
  private static final MachineLimits MACHINE = new MachineLimits(1e10, 1e11, 1e11);

  @TempDir Path cache;

  @Test
  void a_random_checkpoint_is_one_that_the_engine_takes() throws IOException {
    Path checkpoint = RandomCheckpoint.in(cache, TINY, DEMO_MODEL);
    assertThat(Checkpoint.open(checkpoint).tensors()).hasSize(2 * 9 + 3);
  }

  @Test
  void a_random_checkpoint_is_written_once() throws IOException {
    Path weights = RandomCheckpoint.in(cache, TINY, DEMO_MODEL).resolve("model.safetensors");
    FileTime longAgo = FileTime.fromMillis(0);
    Files.setLastModifiedTime(weights, longAgo);
    RandomCheckpoint.in(cache, TINY, DEMO_MODEL);
    assertThat(Files.getLastModifiedTime(weights)).isEqualTo(longAgo);
  }

  @Test
  void a_run_counts_every_token_and_says_how_close_it_came_to_the_limit() throws IOException {
    EngineReport report = run(Workload.named("decode", 3).orElseThrow().withAnswers(5));
    JsonNode json = JsonMapper.builder().build().readTree(report.toJson());
    assertThat(json.path("requests").asInt()).isEqualTo(3);
    assertThat(json.path("promptTokens").asInt()).isEqualTo(3 * 128);
    assertThat(json.path("completionTokens").asInt()).isEqualTo(3 * 5);
    // The first request may be on its way when the others come.
    assertThat(json.path("prefillSteps").path("count").asInt()).isBetween(1, 3);
    assertThat(json.path("decodeSteps").path("count").asInt()).isBetween(2, 6);
    for (String key :
        new String[] {
          "decodeTokensPerSecond",
          "decodeLimitShare",
          "prefillTokensPerSecond",
          "prefillLimitShare",
          "requestsPerSecond",
          "peakRssBytes"
        }) {
      assertThat(json.path(key).asDouble()).as(key).isPositive();
    }
  }

  @Test
  void what_did_not_occur_is_null_and_not_shown() throws IOException {
    EngineReport report = run(Workload.named("decode", 2).orElseThrow().withAnswers(1));
    assertThat(report.toJson()).contains("\"decodeLimitShare\":null");
    StringWriter text = new StringWriter();
    report.print(new PrintWriter(text));
    assertThat(text.toString()).contains("prefill ").doesNotContain("decode  ");
  }

  private EngineReport run(Workload workload) throws IOException {
    EngineOptions options =
        EngineOptions.of(RandomCheckpoint.in(cache, TINY, DEMO_MODEL)).withThreads(1);
    return new EngineBench(options, workload, 8, () -> MACHINE).run(EngineListener.NONE);
  }
}
