package dev.millrace.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Sampling;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.scheduler.Sequence;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is drawn against what transformers' logits processors leave to draw from, by a chi-squared
 * test over fixed seeds. See {@code sampling_fixtures.py}.
 */
class SamplingDistributionTest {
  private static final int DRAWS = 10_000;

  /** A token that is expected less often says little of its own; together they say something. */
  private static final double RARE = 5;

  private static final JsonNode FIXTURE = fixture();
  private static LlamaProgram program;

  @BeforeAll
  static void load(@TempDir Path directory) {
    program = LlamaProgramTest.load(new TinyCheckpoint().write(directory));
  }

  @AfterAll
  static void close() {
    program.close();
  }

  static Stream<JsonNode> cases() {
    return StreamSupport.stream(FIXTURE.get("cases").spliterator(), false);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void drawsAsOftenAsTheReferenceSays(JsonNode example) {
    double[] expected = numbers(example.get("probabilities"));
    int[] drawn = draw(example.get("settings"), expected.length);
    double chiSquared = 0;
    int cells = 0;
    double rareExpected = 0;
    double rareDrawn = 0;
    for (int token = 0; token < expected.length; token++) {
      double count = expected[token] * DRAWS;
      if (expected[token] == 0) {
        assertThat(drawn[token]).as("draws of the excluded token " + token).isZero();
      } else if (count < RARE) {
        rareExpected += count;
        rareDrawn += drawn[token];
      } else {
        chiSquared += (drawn[token] - count) * (drawn[token] - count) / count;
        cells++;
      }
    }
    if (rareExpected >= RARE) {
      chiSquared += (rareDrawn - rareExpected) * (rareDrawn - rareExpected) / rareExpected;
      cells++;
    }
    assertThat(chiSquared).isLessThan(oneInTenThousand(cells - 1));
  }

  /** The chi-squared value that chance exceeds once in 10,000 times (Wilson and Hilferty). */
  private static double oneInTenThousand(int freedom) {
    double spread = 2.0 / (9 * freedom);
    return freedom * Math.pow(1 - spread + 3.719 * Math.sqrt(spread), 3);
  }

  private static int[] draw(JsonNode settings, int vocabulary) {
    int[] drawn = new int[vocabulary];
    float[] logits = floats(FIXTURE.get("logits"));
    int rows = 500;
    float[] repeated = new float[rows * vocabulary];
    IntStream.range(0, rows)
        .forEach(row -> System.arraycopy(logits, 0, repeated, row * vocabulary, vocabulary));
    for (int batch = 0; batch < DRAWS / rows; batch++) {
      int first = batch * rows;
      List<Sequence> sequences =
          IntStream.range(first, first + rows).mapToObj(seed -> sequence(settings, seed)).toList();
      program
          .sample(repeated, new SamplingBatch(sequences))
          .forEach(sampled -> drawn[sampled.token()]++);
    }
    return drawn;
  }

  private static Sequence sequence(JsonNode settings, long seed) {
    Sampling sampling =
        new Sampling(
            settings.path("repetition_penalty").asDouble(1),
            0,
            0,
            settings.path("temperature").asDouble(1),
            settings.path("top_k").asInt(0),
            settings.path("top_p").asDouble(1),
            settings.path("min_p").asDouble(0),
            seed);
    int[] prompt = new ObjectMapper().convertValue(FIXTURE.get("prompt"), int[].class);
    return new Sequence(
        GenerateRequest.builder("draw", TokenIds.of(prompt)).sampling(sampling).build(),
        token -> false);
  }

  private static double[] numbers(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false)
        .mapToDouble(JsonNode::asDouble)
        .toArray();
  }

  private static float[] floats(JsonNode array) {
    float[] floats = new float[array.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) array.get(i).asDouble();
    }
    return floats;
  }

  private static JsonNode fixture() {
    try {
      return new ObjectMapper()
          .readTree(SamplingDistributionTest.class.getResourceAsStream("/sampling.json"));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
