package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.FIRST;
import static dev.millrace.engine.kernel.KernelArguments.I;
import static dev.millrace.engine.kernel.KernelArguments.J;
import static dev.millrace.engine.kernel.KernelArguments.L;
import static dev.millrace.engine.kernel.KernelArguments.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class NormKernelTest {
  private static final int ROWS = 5;
  private static final int WIDTH = 80;
  private static final float EPSILON = 1e-5f;

  @Test
  void norms() {
    assumeTrue(Kernels.supported(), "this processor runs no kernels of ours");
    Random random = new Random(3);
    float[] x = new float[ROWS * WIDTH];
    float[] weight = new float[WIDTH];
    for (int i = 0; i < x.length; i++) {
      int row = i / WIDTH;
      x[i] = (float) random.nextGaussian() * row; // the first is all 0
      weight[i % WIDTH] = random.nextFloat() * 2;
    }
    Assembler assembler = new Assembler();
    NormKernel.emit(assembler, EPSILON);
    float[] out =
        new KernelCall(assembler.code())
            .tensor(FIRST, x)
            .tensor(SECOND, weight)
            .integer(I, ROWS)
            .integer(J, WIDTH)
            .run(x.length);

    for (int row = 0; row < ROWS; row++) {
      double squares = 0;
      for (int i = 0; i < WIDTH; i++) {
        squares += Math.pow(KernelCall.rounded(x[row * WIDTH + i]), 2);
      }
      double scale = 1 / Math.sqrt(squares / WIDTH + EPSILON);
      for (int i = 0; i < WIDTH; i++) {
        double expected =
            KernelCall.rounded(x[row * WIDTH + i]) * scale * KernelCall.rounded(weight[i]);
        assertThat((double) out[row * WIDTH + i])
            .isCloseTo(expected, within(Math.abs(expected) / 120));
      }
    }
  }

  @Test
  void inTiles() {
    assumeTrue(Kernels.supported(), "this processor runs no kernels of ours");
    Random random = new Random(5);
    int rows = 37;
    int width = 96;
    float[] x = new float[rows * width];
    float[] weight = new float[width];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
      weight[i % width] = random.nextFloat();
    }
    Assembler assembler = new Assembler();
    NormKernel.emit(assembler, EPSILON);
    KernelCall call =
        new KernelCall(assembler.code())
            .tensor(FIRST, x)
            .tensor(SECOND, weight)
            .integer(I, rows)
            .integer(J, width);
    float[] expected = call.run(x.length);
    float[] out = call.integer(L, 1).run(48 * width);
    for (int i = 0; i < x.length; i++) {
      int row = i / width;
      int column = i % width;
      int inTiles = row / 16 * 16 * width + column / 32 * 512 + row % 16 * 32 + column % 32;
      assertThat(out[inTiles]).isEqualTo(expected[i]);
    }
  }
}
