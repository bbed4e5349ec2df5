package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.FIRST;
import static dev.millrace.engine.kernel.KernelArguments.I;
import static dev.millrace.engine.kernel.KernelArguments.J;
import static dev.millrace.engine.kernel.KernelArguments.K;
import static dev.millrace.engine.kernel.KernelArguments.L;
import static dev.millrace.engine.kernel.KernelArguments.SECOND;
import static dev.millrace.engine.kernel.KernelArguments.THIRD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.engine.kernel.LinearKernel.Result;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against sums in float64. */
@ParameterizedClass(name = "{0}")
@EnumSource
class LinearKernelTest {
  private static final int FEW_INPUTS = 96;
  private static final int OUTPUTS = 192;

  private final Random random = new Random(7);
  private int inputs = FEW_INPUTS;
  private float[] weights = numbers(OUTPUTS * inputs);

  @Parameter Extension extension;

  @BeforeEach
  void needsExtension() {
    assumeTrue(extension.supported(), () -> "this processor has no " + extension);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 15, 16, 17, 31, 32, 33, 64, 79})
  void plain(int rows) {
    float[] x = numbers(rows * inputs);
    float[] out = call(Result.PLAIN, x, rows).run(rows * OUTPUTS);
    for (int i = 0; i < out.length; i++) {
      double expected = dot(x, i / OUTPUTS, i % OUTPUTS);
      assertThat((double) out[i]).isCloseTo(expected, within(Math.abs(expected) / 200 + 1e-5));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16, 40})
  void added(int rows) {
    float[] x = numbers(rows * inputs);
    float[] residual = numbers(rows * OUTPUTS);
    float[] out = call(Result.ADDED, x, rows).tensor(THIRD, residual).run(rows * OUTPUTS);
    for (int i = 0; i < out.length; i++) {
      double expected = dot(x, i / OUTPUTS, i % OUTPUTS) + KernelCall.rounded(residual[i]);
      assertThat((double) out[i]).isCloseTo(expected, within(Math.abs(expected) / 200 + 1e-5));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16, 40})
  void wide(int rows) {
    float[] x = numbers(rows * inputs);
    float[] out = call(Result.WIDE, x, rows).runWide(rows * OUTPUTS);
    for (int i = 0; i < out.length; i++) {
      assertThat((double) out[i]).isCloseTo(dot(x, i / OUTPUTS, i % OUTPUTS), within(1e-5));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16, 40})
  void gated(int rows) {
    float[] x = numbers(rows * inputs);
    for (int i = 0; i < x.length; i += 3) {
      x[i] *= 40; // gates far from 0, too
    }
    float[] out = call(Result.GATED, x, rows).run(rows * OUTPUTS / 2);
    for (int i = 0; i < out.length; i++) {
      int row = i / (OUTPUTS / 2);
      int column = i % (OUTPUTS / 2);
      double gate = dot(x, row, column / 16 * 32 + column % 16);
      double up = dot(x, row, column / 16 * 32 + 16 + column % 16);
      double expected = gate / (1 + Math.exp(-gate)) * up;
      assertThat((double) out[i]).isCloseTo(expected, within(Math.abs(expected) / 200 + 1e-4));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 16, 17, 33, 70})
  void gatedInTiles(int rows) {
    float[] x = numbers(rows * inputs);
    int width = OUTPUTS / 2;
    float[] expected = call(Result.GATED, x, rows).run(rows * width);
    int padded = (rows + 15) / 16 * 16;
    float[] out = call(Result.GATED, x, rows).integer(L, 1).run(padded * width);
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < width; i++) {
        int inTiles = row / 16 * 16 * width + i / 32 * 512 + row % 16 * 32 + i % 32;
        assertThat(out[inTiles]).isEqualTo(expected[row * width + i]);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 17, 33, 70})
  void aRowDoesNotDependOnTheOthers(int rows) {
    float[] x = numbers(rows * inputs);
    float[] together = call(Result.WIDE, x, rows).runWide(rows * OUTPUTS);
    float[] last = new float[inputs];
    System.arraycopy(x, (rows - 1) * inputs, last, 0, inputs);
    float[] alone = call(Result.WIDE, last, 1).runWide(OUTPUTS);
    for (int i = 0; i < OUTPUTS; i++) {
      assertThat(together[(rows - 1) * OUTPUTS + i]).isEqualTo(alone[i]);
    }
  }

  /** Each number of rows has its way to ask for the weights, and 3 regions differ from 2. */
  @ParameterizedTest
  @CsvSource({
    "1024, 1",
    "1024, 2",
    "1024, 16",
    "1024, 17",
    "1024, 32",
    "1024, 33",
    "1024, 48",
    "1024, 49",
    "2048, 64",
    "2048, 100",
    "2048, 128",
    "3072, 200",
    "2048, 256",
    "1024, 300",
    "3072, 530"
  })
  void inRegions(int inputs, int rows) {
    this.inputs = inputs;
    weights = numbers(OUTPUTS * inputs);
    float[] x = numbers(rows * inputs);
    float[] together = call(Result.WIDE, x, rows).runWide(rows * OUTPUTS);
    for (int row : new int[] {0, rows / 2, Math.max(0, rows - 17), rows - 1}) {
      float[] alone =
          call(Result.WIDE, Arrays.copyOfRange(x, row * inputs, (row + 1) * inputs), 1)
              .runWide(OUTPUTS);
      for (int i = 0; i < OUTPUTS; i++) {
        assertThat(together[row * OUTPUTS + i]).isEqualTo(alone[i]);
        assertThat((double) alone[i]).isCloseTo(dot(x, row, i), within(1e-4));
      }
    }
  }

  /** The second has more panels than a thread takes at once. */
  @ParameterizedTest
  @ValueSource(ints = {96, 32_768})
  void panelsAreWhatThePanelKernelMakes(int inputs) {
    this.inputs = inputs;
    weights = numbers(OUTPUTS * inputs);
    requirePanels(weights, Arrays.copyOfRange(weights, 16 * inputs, weights.length), 32);
  }

  @Test
  void aPanelMayBeOfTwoLayers() {
    float[] gates = numbers(OUTPUTS / 2 * inputs);
    float[] ups = numbers(OUTPUTS / 2 * inputs);
    for (int output = 0; output < OUTPUTS; output++) {
      int from = (output / 32 * 16 + output % 16) * inputs;
      System.arraycopy(output % 32 < 16 ? gates : ups, from, weights, output * inputs, inputs);
    }
    requirePanels(gates, ups, 16);
  }

  private void requirePanels(float[] first, float[] second, int step) {
    Assembler assembler = new Assembler();
    PanelKernel.emit(assembler);
    float[] panels =
        new KernelCall(assembler.code())
            .tensor(FIRST, first)
            .tensor(SECOND, second)
            .integer(I, step)
            .integer(J, inputs)
            .integer(K, OUTPUTS / 32)
            .run(weights.length);
    float[] expected = panels();
    for (int i = 0; i < panels.length; i++) {
      assertThat(panels[i]).isEqualTo(KernelCall.rounded(expected[i]));
    }
  }

  private KernelCall call(Result result, float[] x, int rows) {
    Assembler assembler = new Assembler();
    extension.linear(assembler, result);
    return new KernelCall(assembler.code())
        .tensor(FIRST, inputs % 1024 == 0 && rows > 1 ? tiles(x, rows) : x)
        .tensor(SECOND, panels())
        .integer(I, rows)
        .integer(J, inputs)
        .integer(K, OUTPUTS / 32);
  }

  private float[] tiles(float[] x, int rows) {
    Assembler assembler = new Assembler();
    TileKernel.emit(assembler);
    int tiles = (rows + 15) / 16;
    return new KernelCall(assembler.code())
        .tensor(FIRST, x)
        .integer(I, rows)
        .integer(J, inputs)
        .integer(K, (long) tiles * inputs / 1024)
        .run(tiles * 16 * inputs);
  }

  /** The weights as the kernel's documentation describes them. */
  private float[] panels() {
    float[] panels = new float[weights.length];
    int next = 0;
    for (int panel = 0; panel < OUTPUTS / 32; panel++) {
      for (int step = 0; step < inputs / 32; step++) {
        for (int tile = 0; tile < 2; tile++) {
          for (int pair = 0; pair < 16; pair++) {
            for (int output = 0; output < 16; output++) {
              for (int i = 0; i < 2; i++) {
                int row = panel * 32 + tile * 16 + output;
                panels[next++] = weights[row * inputs + step * 32 + pair * 2 + i];
              }
            }
          }
        }
      }
    }
    return panels;
  }

  private double dot(float[] x, int row, int output) {
    double sum = 0;
    for (int i = 0; i < inputs; i++) {
      sum +=
          (double) KernelCall.rounded(x[row * inputs + i])
              * KernelCall.rounded(weights[output * inputs + i]);
    }
    return sum;
  }

  private float[] numbers(int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian() / 10;
    }
    return numbers;
  }
}
