package dev.millrace.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.engine.EngineListener;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.model.Checkpoint;
import dev.millrace.engine.model.MachineLimits;
import dev.millrace.engine.model.MachineProbe;
import dev.millrace.engine.text.Vocabulary;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineBenchTest {
  private static final Path DEMO_MODEL =
      Path.of(System.getProperty("millrace.home"), "deploy/demo-model");
  private static final Shape TINY =
      new Shape("tiny", 4096, 64, 96, 2, 4, 2, 16, 512, 10_000, Map.of(), false);
  private static final Shape WIDE =
      new Shape("wide", 10_000, 64, 96, 2, 4, 2, 16, 512, 10_000, Map.of(), true);
  private static final MachineLimits MACHINE = new MachineLimits(1e10, 1e11, 1e11);

  /** A machine whose limits never change. */
  private static final class SteadyMachine implements MachineProbe {
    @Override
    public MachineLimits measure(double seconds) {
      return MACHINE;
    }

    @Override
    public long residentBytes() {
      return 0;
    }

    @Override
    public void close() {}
  }

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
    // The first request may be on its way, or answered, when the others come.
    assertThat(json.path("prefillSteps").path("count").asInt()).isBetween(1, 3);
    assertThat(json.path("decodeSteps").path("count").asInt()).isBetween(2, 3 * 4);
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
    assertThat(report.limits()).isEqualTo(MACHINE);
  }

  @Test
  void what_did_not_occur_is_null_and_not_shown() throws IOException {
    EngineReport report = run(Workload.named("decode", 2).orElseThrow().withAnswers(1));
    assertThat(report.toJson()).contains("\"decodeLimitShare\":null");
    StringWriter text = new StringWriter();
    report.print(new PrintWriter(text));
    assertThat(text.toString()).contains("prefill ").doesNotContain("decode  ");
  }

  @Test
  void a_tokenizer_with_fewer_tokens_than_the_model_is_filled_up(@TempDir Path copy)
      throws IOException {
    Path checkpoint = RandomCheckpoint.in(cache, WIDE, DEMO_MODEL);
    Path wide = WideVocabulary.of(checkpoint, copy);
    Vocabulary vocabulary = Vocabulary.load(wide);
    assertThat(vocabulary.size()).isEqualTo(WIDE.vocabulary());
    assertThat(vocabulary.bytes(WIDE.vocabulary() - 1)).hasSizeGreaterThan(1);
    assertThat(wide.resolve("model.safetensors")).isSymbolicLink();
    assertThat(WideVocabulary.of(wide, copy)).as("nothing to fill up").isEqualTo(wide);
  }

  @Test
  void constrained_steps_are_compared_with_free_ones_of_the_same_size(@TempDir Path copy)
      throws IOException {
    Path wide = WideVocabulary.of(RandomCheckpoint.in(cache, WIDE, DEMO_MODEL), copy);
    ConstrainedReport report =
        new ConstrainedBench("tiny", EngineOptions.of(wide).withThreads(1), 3, 2)
            .run(new PrintWriter(new StringWriter()));
    JsonNode json = JsonMapper.builder().build().readTree(report.toJson());
    assertThat(json.path("vocabulary").asInt()).isEqualTo(WIDE.vocabulary());
    assertThat(json.path("freeRunsMs")).hasSize(2);
    assertThat(json.path("constrainedStepMs").asDouble()).isPositive();
    assertThat(json.path("steps").asInt()).as("of six runs").isGreaterThan(6 * 30);
  }

  @Test
  void the_overhead_is_that_of_the_pair_in_the_middle() throws IOException {
    ConstrainedReport report =
        new ConstrainedReport(
            "m", 1, 1, 1, List.of(100.0, 100.0, 200.0), List.of(103.0, 150.0, 202.0));
    assertThat(report.overhead()).isCloseTo(0.03, within(1e-9));
    assertThat(report.noise()).isEqualTo(1);
  }

  private EngineReport run(Workload workload) throws IOException {
    EngineOptions options =
        EngineOptions.of(RandomCheckpoint.in(cache, TINY, DEMO_MODEL)).withThreads(1);
    return new EngineBench(options, workload, 8, SteadyMachine::new).run(EngineListener.NONE);
  }
}
