package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.FIRST;
import static dev.millrace.engine.kernel.KernelArguments.FOURTH;
import static dev.millrace.engine.kernel.KernelArguments.I;
import static dev.millrace.engine.kernel.KernelArguments.OUT;
import static dev.millrace.engine.kernel.KernelArguments.SECOND;
import static dev.millrace.engine.kernel.KernelArguments.THIRD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RotaryKernelTest {
  private static final long[] SLOTS = {4, 0, 7};

  @ParameterizedTest
  @CsvSource({"4, 2, 64", "3, 3, 32", "8, 1, 128"})
  void rotatesAndFillsTheCache(int heads, int kvHeads, int dim) {
    assumeTrue(Kernels.supported(), "this processor runs no kernels of ours");
    Random random = new Random(5);
    int tokens = SLOTS.length;
    int row = (heads + 2 * kvHeads) * dim;
    float[] qkv = new float[tokens * row];
    for (int i = 0; i < qkv.length; i++) {
      qkv[i] = (float) random.nextGaussian();
    }
    float[] turns = new float[tokens * dim];
    for (int i = 0; i < turns.length; i += 2) {
      double angle = random.nextDouble() * 6;
      turns[i] = (float) Math.cos(angle);
      turns[i + 1] = (float) Math.sin(angle);
    }
    float[] cache = new float[8 * kvHeads * dim];
    Assembler assembler = new Assembler();
    RotaryKernel.emit(assembler, heads, kvHeads, dim);
    KernelCall call =
        new KernelCall(assembler.code())
            .tensor(OUT, qkv)
            .tensor(FIRST, cache)
            .tensor(SECOND, cache)
            .wideTensor(THIRD, turns)
            .tensor(FOURTH, SLOTS)
            .integer(I, tokens);
    call.runInPlace();

    float[] rotated = call.values(OUT, qkv.length);
    float[] keys = call.values(FIRST, cache.length);
    float[] values = call.values(SECOND, cache.length);
    for (int token = 0; token < tokens; token++) {
      for (int i = 0; i < row; i++) {
        int head = i / dim;
        int at = token * row + i;
        int inCache = (int) SLOTS[token] * kvHeads * dim + i % dim;
        if (head < heads) {
          near(rotated[at], expected(qkv, turns, at, token * dim + i % dim));
        } else if (head < heads + kvHeads) {
          float key = keys[inCache + (head - heads) * dim];
          near(key, expected(qkv, turns, at, token * dim + i % dim));
        } else {
          float value = values[inCache + (head - heads - kvHeads) * dim];
          assertThat(value).isEqualTo(KernelCall.rounded(qkv[at]));
        }
      }
    }
    assertThat(keys[kvHeads * dim]).as("a slot of no token").isZero();
  }

  private static double expected(float[] x, float[] turns, int at, int angle) {
    double here = KernelCall.rounded(x[at]);
    double neighbour = KernelCall.rounded(x[at ^ 1]);
    return at % 2 == 0
        ? here * turns[angle] - neighbour * turns[angle + 1]
        : here * turns[angle - 1] + neighbour * turns[angle];
  }

  private static void near(float actual, double expected) {
    assertThat((double) actual).isCloseTo(expected, within(Math.abs(expected) / 200 + 1e-5));
  }
}
