package dev.millrace.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program against {@link ReferenceLlama}, in float32. */
class LlamaProgramTest {
  private static final double TOLERANCE = 1e-4;
  private static final int[] PROMPT = new Random(7).ints(100, 0, 512).toArray();

  @TempDir Path directory;

  @Test
  void agreesOnAWholePrompt() throws IOException {
    assertAgrees(new TinyCheckpoint());
  }

  @Test
  void agreesWithALanguageModelHeadOfItsOwn() throws IOException {
    assertAgrees(new TinyCheckpoint().untied());
  }

  @Test
  void agreesWithBiases() throws IOException {
    assertAgrees(new TinyCheckpoint().biased());
  }

  @Test
  void agreesWithLlama3RopeScaling() throws IOException {
    assertAgrees(new TinyCheckpoint().llama3Rope());
  }

  @Test
  void agreesWithLinearRopeScaling() throws IOException {
    assertAgrees(
        new TinyCheckpoint()
            .config("rope_scaling", "{\"rope_type\": \"linear\", \"factor\": 4.0}"));
  }

  @Test
  void agreesWithoutGroupedQueries() throws IOException {
    assertAgrees(new TinyCheckpoint().heads(4, 4, 16));
  }

  @Test
  void agreesWhenHeadsAreWiderThanTheHiddenStates() throws IOException {
    assertAgrees(new TinyCheckpoint().heads(6, 2, 24));
  }

  @Test
  void agreesOnBfloat16WeightsComputedInFloat32() throws IOException {
    assertAgrees(new TinyCheckpoint().type("BF16"));
  }

  @Test
  void agreesOnWeightsThatCannotBeMappedWhereTheyLie() throws IOException {
    assertAgrees(new TinyCheckpoint().misaligned(1));
    assertAgrees(new TinyCheckpoint().type("BF16").misaligned(3));
  }

  @Test
  void readsShardsLikeOneFile() {
    Path single = new TinyCheckpoint().untied().write(directory.resolve("single"));
    Path sharded = new TinyCheckpoint().untied().shards(3).write(directory.resolve("sharded"));
    assertThat(logits(sharded)).isEqualTo(logits(single));
  }

  @Test
  void readsFloat16LikeTheSameNumbersMisaligned() {
    Path aligned = new TinyCheckpoint().type("F16").write(directory.resolve("aligned"));
    Path copied = new TinyCheckpoint().type("F16").misaligned(1).write(directory.resolve("copied"));
    assertThat(logits(copied)).isEqualTo(logits(aligned));
  }

  @Test
  void agreesUnderAnyChunking() throws IOException {
    Path checkpoint = new TinyCheckpoint().llama3Rope().write(directory);
    double[][] expected = new ReferenceLlama(checkpoint).logits(PROMPT);
    try (LlamaProgram program = load(checkpoint)) {
      Random random = new Random(3);
      for (int attempt = 0; attempt < 20; attempt++) {
        int start = 0;
        while (start < PROMPT.length) {
          int count = 1 + random.nextInt(Math.min(30, PROMPT.length - start));
          float[][] logits = program.logits(batch(chunk(0, PROMPT, start, count)));
          start += count;
          assertClose(logits[0], expected[start - 1]);
        }
      }
    }
  }

  @Test
  void agreesWhenSequencesInterleaveAndRangesAreUsedAgain() throws IOException {
    Path checkpoint = new TinyCheckpoint().write(directory);
    ReferenceLlama reference = new ReferenceLlama(checkpoint);
    Random random = new Random(5);
    try (LlamaProgram program = load(checkpoint)) {
      for (int round = 0; round < 4; round++) {
        int sequences = 5;
        int[][] tokens = new int[sequences][];
        double[][][] expected = new double[sequences][][];
        for (int i = 0; i < sequences; i++) {
          tokens[i] = random.ints(20 + random.nextInt(40), 0, 512).toArray();
          expected[i] = reference.logits(tokens[i]);
        }
        assertInterleavedAgrees(program, random, tokens, expected);
      }
    }
  }

  private static void assertInterleavedAgrees(
      LlamaProgram program, Random random, int[][] tokens, double[][][] expected) {
    int[] computed = new int[tokens.length];
    boolean done = false;
    while (!done) {
      FlatBatch.Builder builder = new FlatBatch.Builder();
      int[] included = new int[tokens.length];
      int size = 0;
      for (int i = 0; i < tokens.length; i++) {
        int left = tokens[i].length - computed[i];
        if (left > 0 && random.nextInt(3) > 0) {
          int count = random.nextBoolean() ? 1 : 1 + random.nextInt(left);
          Chunk chunk = chunk(i * 80, tokens[i], computed[i], count);
          builder.add(chunk.tokens, chunk.start, chunk.pool, true);
          computed[i] += count;
          included[size++] = i;
        }
      }
      if (size > 0) {
        float[][] logits = program.logits(builder.build());
        for (int row = 0; row < size; row++) {
          int i = included[row];
          assertClose(logits[row], expected[i][computed[i] - 1]);
        }
      }
      done = true;
      for (int i = 0; i < tokens.length; i++) {
        done &= computed[i] == tokens[i].length;
      }
    }
  }

  @Test
  void everyBitIsTheSameAloneAsAmongOthers() {
    assertEveryBitIsTheSame(new TinyCheckpoint().write(directory.resolve("tied")));
    assertEveryBitIsTheSame(new TinyCheckpoint().untied().write(directory.resolve("untied")));
  }

  private static void assertEveryBitIsTheSame(Path checkpoint) {
    try (LlamaProgram program = load(checkpoint)) {
      program.logits(batch(chunk(0, PROMPT, 0, 40)));
      Chunk next = chunk(0, PROMPT, 40, 1);
      float[] alone = program.logits(batch(next))[0];
      for (int others = 1; others <= 4; others++) {
        FlatBatch.Builder together = new FlatBatch.Builder();
        together.add(next.tokens, next.start, next.pool, true);
        for (int other = 1; other <= others; other++) {
          Chunk chunk = chunk(other * 80, PROMPT, 0, 7 * other);
          together.add(chunk.tokens, chunk.start, chunk.pool, true);
        }
        assertThat(program.logits(together.build())[0]).isEqualTo(alone);
      }
    }
  }

  @Test
  void staysNearTheReferenceInBfloat16() throws IOException {
    Path checkpoint = new TinyCheckpoint().type("BF16").write(directory);
    double[] expected = new ReferenceLlama(checkpoint).logits(PROMPT)[PROMPT.length - 1];
    try (LlamaProgram program = load(checkpoint, FloatType.BFLOAT16)) {
      float[] logits = program.logits(batch(chunk(0, PROMPT, 0, PROMPT.length)))[0];
      double error = 0;
      double size = 0;
      for (int i = 0; i < logits.length; i++) {
        error += Math.pow(logits[i] - expected[i], 2);
        size += Math.pow(expected[i], 2);
      }
      assertThat(Math.sqrt(error / size)).as("relative error of the logits").isLessThan(0.05);
    }
  }

  private void assertAgrees(TinyCheckpoint settings) throws IOException {
    Path checkpoint = settings.write(directory);
    double[][] expected = new ReferenceLlama(checkpoint).logits(PROMPT);
    assertClose(logits(checkpoint), expected[PROMPT.length - 1]);
  }

  private static float[] logits(Path checkpoint) {
    try (LlamaProgram program = load(checkpoint)) {
      return program.logits(batch(chunk(64, PROMPT, 0, PROMPT.length)))[0];
    }
  }

  @SuppressWarnings("ArrayRecordComponent")
  private record Chunk(int[] tokens, int start, int pool) {}

  private static Chunk chunk(int pool, int[] tokens, int start, int count) {
    return new Chunk(Arrays.copyOfRange(tokens, start, start + count), start, pool);
  }

  private static FlatBatch batch(Chunk chunk) {
    return new FlatBatch.Builder().add(chunk.tokens, chunk.start, chunk.pool, true).build();
  }

  static LlamaProgram load(Path checkpoint) {
    return load(checkpoint, FloatType.FLOAT32);
  }

  static LlamaProgram load(Path checkpoint, FloatType type) {
    return LlamaProgram.load(
        Checkpoint.open(checkpoint), new ModelSettings(Device.cpu(), type, 256, 1024, 1, true));
  }

  private static void assertClose(float[] actual, double[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    double worst = 0;
    for (int i = 0; i < actual.length; i++) {
      worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
    }
    assertThat(worst).as("largest difference of the logits").isLessThan(TOLERANCE);
  }
}
