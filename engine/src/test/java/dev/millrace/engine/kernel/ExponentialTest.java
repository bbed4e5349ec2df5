package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.FOURTH;
import static dev.millrace.engine.kernel.KernelArguments.OUT;
import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.RAX;
import static dev.millrace.engine.kernel.Register.RSP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExponentialTest {
  private static final float[] NUMBERS = {
    0, 1, -1, 0.5f, -0.5f, 0.1f, -0.1f, -1e-9f, 12.3f, -12.3f, 100, -100, -125.7f, 0.999999f, 7,
    0.25f
  };

  @BeforeAll
  static void needsAmx() {
    assumeTrue(Kernels.supported(), "this processor runs no kernels of ours");
  }

  @ParameterizedTest
  @CsvSource({Exponential.EXACT + ", 3e-7", Exponential.SHORT + ", 1.1e-4"})
  void isTwoToThePowerOfEachNumber(int degree, double error) {
    float[] powers = powers(degree, NUMBERS);
    for (int i = 0; i < NUMBERS.length; i++) {
      double expected = Math.pow(2, NUMBERS[i]);
      assertThat((double) powers[i])
          .as("2^%s", NUMBERS[i])
          .isCloseTo(expected, within(expected * error));
    }
  }

  @ParameterizedTest
  @CsvSource({Exponential.EXACT + "", Exponential.SHORT + ""})
  void isZeroFarBelowZero(int degree) {
    float[] numbers = new float[NUMBERS.length];
    numbers[0] = -1e30f;
    numbers[1] = Float.NEGATIVE_INFINITY;
    numbers[2] = -200;
    assertThat(Arrays.copyOf(powers(degree, numbers), 3)).containsOnly(0);
  }

  private static float[] powers(int degree, float[] numbers) {
    long[] bits = new long[numbers.length / 2];
    for (int i = 0; i < numbers.length; i++) {
      long number = Integer.toUnsignedLong(Float.floatToIntBits(numbers[i]));
      bits[i / 2] |= number << (32 * (i % 2));
    }
    Assembler a = new Assembler();
    Frame.enter(a, 64);
    Exponential exponential = new Exponential(a, degree, 16, at(RSP));
    a.mov(RAX, FOURTH.memory());
    a.load(0, at(RAX));
    exponential.emit(0, 1, 2);
    a.mov(RAX, OUT.memory());
    a.store(at(RAX), 0);
    Frame.leave(a);
    return new KernelCall(a.code()).tensor(FOURTH, bits).runWide(numbers.length);
  }
}
