package dev.millrace.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Device;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every family against transformers, see {@code family_fixtures.py}. */
class FamiliesTest {
  /** Of the range of the logits. */
  private static final double TOLERANCE = 1e-4;

  private static final int SLOTS_PER_SEQUENCE = 150;
  private static final int MORE_PROMPTS = 8;
  private static final int LONG_PROMPT = 250;

  @Retention(RetentionPolicy.RUNTIME)
  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama-1",
        "llama-2-13b",
        "llama-2-70b",
        "code-llama",
        "tinyllama",
        "llama-3",
        "llama-3.1",
        "llama-3.2",
        "deepseek-r1-distill-llama",
        "llama-guard-3",
        "biases",
        "rope-linear",
        "rope-dynamic",
        "rope-yarn",
        "rope-yarn-mscale",
        "mistral-7b-v0.1",
        "mistral-nemo",
        "mixtral",
        "llama-4-scout",
        "llama-4-maverick",
      })
  @interface EveryFamily {}

  @EveryFamily
  void logitsAreTheReferencesAtEveryPosition(String family) {
    FamilyFixture fixture = FamilyFixture.of(family);
    try (LlamaProgram program = load(fixture, FloatType.FLOAT32)) {
      float[][] logits = program.logits(allPositions(fixture));
      float[][] expected = concatenate(fixture.logits());
      assertThat(logits).hasDimensions(expected.length, expected[0].length);
      double worst = 0;
      for (int row = 0; row < expected.length; row++) {
        worst = Math.max(worst, Logits.difference(logits[row], expected[row]));
      }
      assertThat(worst / fixture.range()).as("largest difference").isLessThan(TOLERANCE);
    }
  }

  @EveryFamily
  void greedyDecodingGivesTheReferencesSixtyFourTokens(String family) {
    FamilyFixture fixture = FamilyFixture.of(family);
    int[] prompt = fixture.prompts().get(0);
    int[] tokens = new int[fixture.greedy().length];
    try (LlamaProgram program = load(fixture, FloatType.FLOAT32)) {
      float[] logits = program.logits(chunk(prompt, 0))[0];
      for (int i = 0; i < tokens.length; i++) {
        tokens[i] = Logits.mostLikely(logits);
        logits = program.logits(chunk(new int[] {tokens[i]}, prompt.length + i))[0];
      }
    }
    assertThat(tokens).hasSize(64).isEqualTo(fixture.greedy());
  }

  @EveryFamily
  void logitsDoNotDependOnChunksAndBatches(String family) {
    FamilyFixture fixture = FamilyFixture.of(family);
    Random random = new Random(11);
    try (LlamaProgram program = load(fixture, FloatType.FLOAT32)) {
      for (int round = 0; round < 3; round++) {
        double worst = worstDifferenceOfARandomSchedule(program, fixture, random);
        assertThat(worst / fixture.range()).as("largest difference").isLessThan(TOLERANCE);
      }
    }
  }

  /**
   * Over the fixture's positions and ten times as many more, for which the float32 program stands
   * in for transformers, to which the tests above hold it. Among a few hundred positions, how many
   * have two tokens about as likely, so that the processor's rounding decides, is a matter of luck.
   */
  @EveryFamily
  void bfloat16StaysNear(String family) {
    FamilyFixture fixture = FamilyFixture.of(family);
    Nearness nearness = new Nearness();
    try (LlamaProgram exact = load(fixture, FloatType.FLOAT32);
        LlamaProgram rounded = load(fixture, FloatType.BFLOAT16)) {
      nearness.add(concatenate(fixture.logits()), rounded.logits(allPositions(fixture)));
      Random random = new Random(13);
      for (int i = 0; i < MORE_PROMPTS; i++) {
        int[] prompt = random.ints(LONG_PROMPT, 0, fixture.vocabulary()).toArray();
        FlatBatch batch = Logits.ofEveryToken(chunk(prompt, 0));
        nearness.add(exact.logits(batch), rounded.logits(batch));
      }
    }
    assertThat(nearness.divergence()).as("mean KL divergence").isLessThan(5e-3);
    assertThat(nearness.agreement())
        .as("agreement on the most likely token")
        .isGreaterThanOrEqualTo(0.98);
  }

  /** Every step takes a random chunk of some of the prompts, until all are computed. */
  private static double worstDifferenceOfARandomSchedule(
      LlamaProgram program, FamilyFixture fixture, Random random) {
    int sequences = fixture.prompts().size();
    int[] computed = new int[sequences];
    double worst = 0;
    while (!finished(fixture, computed)) {
      FlatBatch.Builder batch = new FlatBatch.Builder();
      List<Integer> included = new ArrayList<>();
      for (int i = 0; i < sequences; i++) {
        int[] prompt = fixture.prompts().get(i);
        int left = prompt.length - computed[i];
        if (left > 0 && random.nextInt(3) > 0) {
          int count = random.nextInt(3) == 0 ? 1 : 1 + random.nextInt(Math.min(left, 50));
          int[] tokens = Arrays.copyOfRange(prompt, computed[i], computed[i] + count);
          batch.add(tokens, computed[i], i * SLOTS_PER_SEQUENCE, true);
          computed[i] += count;
          included.add(i);
        }
      }
      if (!included.isEmpty()) {
        float[][] logits = program.logits(batch.build());
        for (int row = 0; row < logits.length; row++) {
          int i = included.get(row);
          float[] expected = fixture.logits().get(i)[computed[i] - 1];
          worst = Math.max(worst, Logits.difference(logits[row], expected));
        }
      }
    }
    return worst;
  }

  private static boolean finished(FamilyFixture fixture, int[] computed) {
    for (int i = 0; i < computed.length; i++) {
      if (computed[i] < fixture.prompts().get(i).length) {
        return false;
      }
    }
    return true;
  }

  private static LlamaProgram load(FamilyFixture fixture, FloatType type) {
    return LlamaProgram.load(
        Checkpoint.open(fixture.checkpoint()),
        new ModelSettings(Device.cpu(), type, 256, 512, 1, true));
  }

  /** All prompts in one step, with the logits of every token. */
  private static FlatBatch allPositions(FamilyFixture fixture) {
    FlatBatch.Builder builder = new FlatBatch.Builder();
    for (int i = 0; i < fixture.prompts().size(); i++) {
      builder.add(fixture.prompts().get(i), 0, i * SLOTS_PER_SEQUENCE, true);
    }
    return Logits.ofEveryToken(builder.build());
  }

  private static FlatBatch chunk(int[] tokens, int start) {
    return new FlatBatch.Builder().add(tokens, start, 0, true).build();
  }

  private static float[][] concatenate(List<float[][]> prompts) {
    return prompts.stream().flatMap(Arrays::stream).toArray(float[][]::new);
  }
}
