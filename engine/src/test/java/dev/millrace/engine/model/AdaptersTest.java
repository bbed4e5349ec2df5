package dev.millrace.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Device;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** LoRA adapters against PEFT, see {@code lora_fixtures.py}. */
class AdaptersTest {
  /** Of the range of the logits. */
  private static final double TOLERANCE = 1e-4;

  private static final int SLOTS_PER_SEQUENCE = 150;

  @ParameterizedTest
  @CsvSource({
    "everywhere, llama-3.1",
    "stabilised, llama-3.1",
    "last-layer, llama-3.1",
    "with-biases, biases",
    "sliding, mistral-7b-v0.1",
    "around-experts, mixtral",
    "rotated-pairs, llama-4-scout",
  })
  void logitsAndGreedyTokensAreTheReferences(String adapter, String family) {
    FamilyFixture expected = FamilyFixture.ofAdapter(adapter);
    try (Adapted model = new Adapted(family, adapter)) {
      assertThat(worstDifference(model, 1, expected)).isLessThan(TOLERANCE);
      assertThat(greedy(model, 1, expected)).hasSize(64).isEqualTo(expected.greedy());
    }
  }

  @Test
  void withoutAnAdapterInTheStepTheModelIsAsItWas() {
    FamilyFixture plain = FamilyFixture.of("llama-3.1");
    try (Adapted model = new Adapted("llama-3.1", "everywhere")) {
      assertThat(worstDifference(model, 0, plain)).isLessThan(TOLERANCE);
      worstDifference(model, 1, FamilyFixture.ofAdapter("everywhere"));
      assertThat(worstDifference(model, 0, plain)).isLessThan(TOLERANCE);
    }
  }

  @Test
  void severalAdaptersAndNoneShareASchedule() {
    List<FamilyFixture> sequences =
        List.of(
            FamilyFixture.of("llama-3.1"),
            FamilyFixture.ofAdapter("everywhere"),
            FamilyFixture.ofAdapter("stabilised"),
            FamilyFixture.ofAdapter("last-layer"));
    Random random = new Random(11);
    try (Adapted model = new Adapted("llama-3.1", "everywhere", "stabilised", "last-layer")) {
      for (int round = 0; round < 5; round++) {
        assertRandomScheduleAgrees(model, sequences, random);
      }
    }
  }

  @Test
  void oneAdapterGoesWhileAnotherStays() {
    FamilyFixture stays = FamilyFixture.ofAdapter("stabilised");
    try (Adapted model = new Adapted("llama-3.1", "everywhere", "stabilised")) {
      model.program.dropAdapter(1);
      assertThat(worstDifference(model, 2, stays)).isLessThan(TOLERANCE);
      FamilyFixture plain = FamilyFixture.of("llama-3.1");
      assertThat(worstDifference(model, 1, plain)).as("adapter 1 is gone").isLessThan(TOLERANCE);
    }
  }

  /** Sequence i runs with adapter i, in chunks and company of chance. */
  private static void assertRandomScheduleAgrees(
      Adapted model, List<FamilyFixture> sequences, Random random) {
    int[] computed = new int[sequences.size()];
    boolean done = false;
    while (!done) {
      FlatBatch.Builder batch = new FlatBatch.Builder();
      List<Integer> included = new ArrayList<>();
      done = true;
      for (int i = 0; i < computed.length; i++) {
        int[] prompt = sequences.get(i).prompts().get(0);
        int left = prompt.length - computed[i];
        done &= left == 0;
        if (left > 0 && random.nextInt(3) > 0) {
          int count = random.nextInt(3) == 0 ? 1 : 1 + random.nextInt(left);
          batch.adapt(i, count);
          int[] tokens = Arrays.copyOfRange(prompt, computed[i], computed[i] + count);
          batch.add(tokens, computed[i], i * SLOTS_PER_SEQUENCE, true);
          computed[i] += count;
          included.add(i);
        }
      }
      if (!included.isEmpty()) {
        assertAgrees(model.program.logits(batch.build()), included, sequences, computed);
      }
    }
  }

  private static void assertAgrees(
      float[][] rows, List<Integer> included, List<FamilyFixture> sequences, int[] computed) {
    for (int row = 0; row < rows.length; row++) {
      int i = included.get(row);
      FamilyFixture expected = sequences.get(i);
      double difference = Logits.difference(rows[row], expected.logits().get(0)[computed[i] - 1]);
      assertThat(difference / expected.range()).as("sequence " + i).isLessThan(TOLERANCE);
    }
  }

  /** Of the range, over every position of the fixture's first prompt. */
  private static double worstDifference(Adapted model, int adapter, FamilyFixture expected) {
    int[] prompt = expected.prompts().get(0);
    double worst = 0;
    for (int i = 0; i < prompt.length; i++) {
      float[] logits = model.logits(adapter, new int[] {prompt[i]}, i);
      worst = Math.max(worst, Logits.difference(logits, expected.logits().get(0)[i]));
    }
    return worst / expected.range();
  }

  private static int[] greedy(Adapted model, int adapter, FamilyFixture fixture) {
    int[] prompt = fixture.prompts().get(0);
    int[] tokens = new int[fixture.greedy().length];
    float[] logits = model.logits(adapter, prompt, 0);
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = Logits.mostLikely(logits);
      logits = model.logits(adapter, new int[] {tokens[i]}, prompt.length + i);
    }
    return tokens;
  }

  /** A family's checkpoint with adapters 1, 2, ... */
  private static final class Adapted implements AutoCloseable {
    private final LlamaProgram program;

    Adapted(String family, String... adapters) {
      Checkpoint checkpoint = Checkpoint.open(FamilyFixture.of(family).checkpoint());
      program =
          LlamaProgram.load(
              checkpoint, new ModelSettings(Device.cpu(), FloatType.FLOAT32, 256, 600, 1, true));
      for (int i = 0; i < adapters.length; i++) {
        AdapterCheckpoint adapter =
            AdapterCheckpoint.open(
                FamilyFixture.ofAdapter(adapters[i]).checkpoint(), checkpoint.config());
        program.loadAdapter(i + 1, adapter, checkpoint.config());
      }
    }

    float[] logits(int adapter, int[] tokens, int start) {
      return program
          .logits(
              new FlatBatch.Builder()
                  .adapt(adapter, tokens.length)
                  .add(tokens, start, 0, true)
                  .build())[0];
    }

    @Override
    public void close() {
      program.close();
    }
  }
}
