package dev.millrace.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.engine.Device;
import dev.millrace.engine.kernel.Kernels;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The program in bfloat16, on Millrace's own kernels and on PyTorch's, against itself in float32,
 * which other tests hold to references.
 */
class KernelProgramTest {
  private static final int VOCABULARY = 512;
  private static final int SLOTS_PER_SEQUENCE = 600;
  private static final int[] LENGTHS = {590, 300, 40, 1, 170, 17, 330};

  @Retention(RetentionPolicy.RUNTIME)
  @ParameterizedTest
  @ValueSource(
      strings = {
        "tied",
        "untied",
        "biased",
        "wide heads",
        "sliding window",
        "experts",
        "adapters",
        "heads no kernel fits",
        "layers no kernel fits",
        "in tiles",
        "experts in tiles",
        "adapters in tiles",
        "only the inside in tiles"
      })
  @interface EveryModel {}

  @TempDir Path directory;

  private static TinyCheckpoint checkpoint(String model) {
    TinyCheckpoint tiny =
        new TinyCheckpoint().type("BF16").shape(128, 96, 2).heads(4, 2, 32).vocabulary(VOCABULARY);
    return switch (model) {
      case "tied", "adapters" -> tiny;
      case "untied" -> tiny.untied();
      case "biased" -> tiny.biased();
      case "wide heads" -> tiny.heads(6, 2, 64);
      case "sliding window" ->
          tiny.config("architectures", "[\"MistralForCausalLM\"]")
              .config("model_type", "\"mistral\"")
              .config("sliding_window", "100");
      case "experts" -> tiny.experts(4);
      case "heads no kernel fits" -> tiny.heads(4, 2, 24);
      case "layers no kernel fits" -> tiny.shape(128, 80, 2);
      case "in tiles", "adapters in tiles" -> tiny.shape(1024, 2048, 1);
      case "experts in tiles" -> tiny.shape(1024, 1024, 1).experts(4);
      case "only the inside in tiles" -> tiny.shape(128, 1024, 2);
      default -> throw new IllegalArgumentException(model);
    };
  }

  @EveryModel
  void ownKernelsStayNear(String model) {
    assumeKernels();
    assertNear(model, true);
  }

  @EveryModel
  void pyTorchsKernelsStayNear(String model) {
    assertNear(model, false);
  }

  /** What the trial at load may come to. */
  @ParameterizedTest
  @CsvSource({"true, false", "false, true", "false, false"})
  void pyTorchMayAttendBesideOwnKernels(boolean tokens, boolean prompts) {
    assumeKernels();
    Path checkpoint = checkpoint("tied").write(directory);
    try (LlamaProgram exact = load(checkpoint, FloatType.FLOAT32, false, 1);
        LlamaProgram rounded = load(checkpoint, FloatType.BFLOAT16, true, 1)) {
      Kernels chosen = rounded.kernels().attending(tokens, prompts);
      rounded.attendBy(chosen.attention(), chosen.promptAttention());
      assertNear(exact, rounded, new Schedule(false), 6e-3);
    }
  }

  private void assertNear(String model, boolean kernels) {
    Path checkpoint = checkpoint(model).write(directory.resolve("checkpoint"));
    try (LlamaProgram exact = load(checkpoint, FloatType.FLOAT32, false, 1);
        LlamaProgram rounded = load(checkpoint, FloatType.BFLOAT16, kernels, 1)) {
      assertThat(rounded.kernels().plain() != 0).isEqualTo(kernels);
      boolean adapted = model.startsWith("adapters");
      if (adapted) {
        Path adapter = checkpoint(model).writeAdapter(directory.resolve("adapter"), 8);
        ModelConfig config = Checkpoint.open(checkpoint).config();
        exact.loadAdapter(1, AdapterCheckpoint.open(adapter, config), config);
        rounded.loadAdapter(1, AdapterCheckpoint.open(adapter, config), config);
      }
      // Where two experts are about as good, rounding decides which one a token goes to.
      double limit = model.startsWith("experts") ? 5e-2 : 6e-3;
      assertNear(exact, rounded, new Schedule(adapted), limit);
    }
  }

  private static void assertNear(
      LlamaProgram exact, LlamaProgram rounded, Schedule schedule, double limit) {
    Nearness nearness = new Nearness();
    while (!schedule.isDone()) {
      FlatBatch batch = Logits.ofEveryToken(schedule.next());
      nearness.add(exact.logits(batch), rounded.logits(batch));
    }
    assertThat(nearness.divergence()).as("mean KL divergence").isLessThan(limit);
    assertThat(nearness.agreement())
        .as("agreement on the most likely token")
        .isGreaterThanOrEqualTo(0.94);
  }

  /** Prompts in chunks and single tokens of several sequences, in company of chance. */
  private static final class Schedule {
    private final Random random = new Random(17);
    private final boolean adapted;
    private final int[][] tokens = new int[LENGTHS.length][];
    private final int[] computed = new int[LENGTHS.length];

    Schedule(boolean adapted) {
      this.adapted = adapted;
      Arrays.setAll(tokens, i -> random.ints(LENGTHS[i], 0, VOCABULARY).toArray());
    }

    boolean isDone() {
      return Arrays.equals(computed, LENGTHS);
    }

    FlatBatch next() {
      FlatBatch.Builder batch = new FlatBatch.Builder();
      boolean empty = true;
      while (empty) {
        boolean decode = random.nextBoolean(); // every sequence by one token
        for (int i = 0; i < tokens.length; i++) {
          int left = tokens[i].length - computed[i];
          if (left > 0 && random.nextInt(4) > 0) {
            int count = decode || random.nextInt(3) > 0 ? 1 : 1 + random.nextInt(left);
            int[] chunk = Arrays.copyOfRange(tokens[i], computed[i], computed[i] + count);
            batch.adapt(adapted ? i % 2 : 0, count);
            batch.add(chunk, computed[i], i * SLOTS_PER_SEQUENCE, true);
            computed[i] += count;
            empty = false;
          }
        }
      }
      return batch.build();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tied", "untied", "biased", "wide heads", "sliding window"})
  void everyBitIsTheSameAloneAsAmongOthers(String model) {
    assumeKernels();
    int[] text = new Random(7).ints(400, 0, VOCABULARY).toArray();
    Path checkpoint = checkpoint(model).write(directory);
    try (LlamaProgram program = load(checkpoint, FloatType.BFLOAT16, true, 2)) {
      for (int sequence = 0; sequence < 6; sequence++) {
        program.logits(add(new FlatBatch.Builder(), text, sequence, 0, 290).build());
      }
      for (int count : new int[] {1, 33}) {
        float[] alone =
            program.logits(add(new FlatBatch.Builder(), text, 0, 290, count).build())[0];
        for (int others = 1; others < 6; others++) {
          FlatBatch.Builder decoding = add(new FlatBatch.Builder(), text, 0, 290, count);
          FlatBatch.Builder mixed = add(new FlatBatch.Builder(), text, 0, 290, count);
          for (int other = 1; other <= others; other++) {
            add(decoding, text, other, 31 * other, 1);
            add(mixed, text, other, 31 * other, other % 2 == 0 ? 1 : 40 * other);
          }
          assertThat(program.logits(decoding.build())[0]).isEqualTo(alone);
          assertThat(program.logits(mixed.build())[0]).isEqualTo(alone);
        }
      }
    }
  }

  private static FlatBatch.Builder add(
      FlatBatch.Builder batch, int[] text, int sequence, int start, int count) {
    int[] chunk = Arrays.copyOfRange(text, start, start + count);
    return batch.add(chunk, start, sequence * SLOTS_PER_SEQUENCE, true);
  }

  @Test
  void theOperatorLeavesNoMemoryBehind() {
    assumeKernels();
    Path checkpoint = checkpoint("untied").write(directory);
    try (LlamaProgram program = load(checkpoint, FloatType.BFLOAT16, true, 1)) {
      steps(program, 1000);
      long least = Long.MAX_VALUE; // the JVM's own compilers come and go in the same heap
      for (int round = 0; round < 4; round++) {
        long allocated = NativeAllocations.bytes();
        steps(program, 2000);
        least = Math.min(least, NativeAllocations.bytes() - allocated);
      }
      assertThat(least).as("growth of the native heap in bytes").isLessThan(2 << 20);
    }
  }

  private static void steps(LlamaProgram program, int steps) {
    int[] text = {3, 1, 4, 1, 5, 9, 2, 6, 5};
    for (int step = 0; step < steps; step++) {
      FlatBatch.Builder batch = new FlatBatch.Builder();
      add(batch, text, 0, step % text.length, 1);
      add(batch, text, 1, step % text.length, 1);
      program.logits(batch.build());
    }
  }

  private static void assumeKernels() {
    assumeTrue(Kernels.supported(), "this processor runs no kernels of ours");
  }

  private static LlamaProgram load(Path checkpoint, FloatType type, boolean kernels, int threads) {
    int slots = LENGTHS.length * SLOTS_PER_SEQUENCE;
    return LlamaProgram.load(
        Checkpoint.open(checkpoint),
        new ModelSettings(Device.cpu(), type, SLOTS_PER_SEQUENCE, slots, threads, kernels));
  }
}
