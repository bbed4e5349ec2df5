package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.FIRST;
import static dev.millrace.engine.kernel.KernelArguments.I;
import static dev.millrace.engine.kernel.KernelArguments.J;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Function;
import com.sun.jna.Pointer;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class GreedyKernelTest {
  private static final int VOCABULARY = 128_256;
  private static final int PAGE = 4096;
  private static final int READ_WRITE = 3; // PROT_READ | PROT_WRITE
  private static final int PRIVATE_ANONYMOUS = 0x22; // MAP_PRIVATE | MAP_ANONYMOUS

  private static byte[] code;

  @BeforeAll
  static void assemble() {
    assumeTrue(Kernels.supported(), "this processor runs no kernels of ours");
    Assembler assembler = new Assembler();
    GreedyKernel.emit(assembler);
    code = assembler.code();
  }

  /** What remains after whole vectors, after four of them, and a real vocabulary. */
  static IntStream widths() {
    return IntStream.concat(IntStream.rangeClosed(1, 70), IntStream.of(133, 1000, VOCABULARY));
  }

  @ParameterizedTest
  @MethodSource("widths")
  void findsTheLargestOfRandomRows(int width) {
    int rows = width == VOCABULARY ? 3 : 40;
    float[] x = random(rows * width, 1);
    assertFound(x, width);
  }

  @ParameterizedTest
  @MethodSource("widths")
  void findsTheFirstOfEquals(int width) {
    Random random = new Random(width);
    int rows = width == VOCABULARY ? 3 : 40;
    float[] x = new float[rows * width];
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextInt(3) - 5; // all below zero
    }
    assertFound(x, width);
    assertFound(new float[rows * width], width);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 16, 37, 64, 70, 144, 300})
  void findsTheLargestWhereverItIs(int width) {
    float[] x = random(width * width, 2);
    for (int row = 0; row < width; row++) {
      x[row * width + row] = 100;
    }
    assertFound(x, width);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 16, 37, 64, 70, 144, 300})
  void seesWhatIsNotFiniteWhereverItIs(int width) {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      float[] x = random((width + 1) * width, 3); // the last row is left as it is
      for (int row = 0; row < width; row++) {
        x[row * width + row] = bad;
      }
      long[] out = run(x, width);
      for (int row = 0; row <= width; row++) {
        assertThat(finite(out, row)).as("row %d with %f", row, bad).isEqualTo(row == width);
        assertThat(out[row]).isBetween(0L, width - 1L);
      }
    }
  }

  @Test
  void leavesOutWhatIsMinusInfinity() {
    float[] x = new float[3 * 40];
    Arrays.fill(x, Float.NEGATIVE_INFINITY);
    x[35] = -7; // of the first row
    x[40 + 8] = -Float.MAX_VALUE; // of the second; the third has nothing else
    assertThat(run(x, 40)).containsExactly(35, 8, 0, 0, 0, 0);
  }

  @Test
  void takesTheFirstOfPlusInfinities() {
    float[] x = new float[40];
    x[9] = Float.POSITIVE_INFINITY;
    x[30] = Float.POSITIVE_INFINITY;
    assertThat(run(x, 40)).containsExactly(9, 0);
  }

  @Test
  void takesTheFirstElementWhereNoneIsANumber() {
    float[] x = new float[40];
    Arrays.fill(x, Float.NaN);
    assertThat(run(x, 40)).containsExactly(0, 0);
  }

  @Test
  void staysWithinARowOfSomeNumbers() {
    Random random = new Random(4);
    for (int attempt = 0; attempt < 500; attempt++) {
      int width = 1 + random.nextInt(70);
      float[] x = random(width, attempt);
      for (int i = 0; i < width; i++) {
        x[i] = random.nextInt(3) > 0 ? Float.NaN : x[i];
      }
      assertThat(run(x, width)[0]).isBetween(0L, width - 1L);
    }
  }

  @Test
  void takesZerosOfEitherSignForEqual() {
    float[] x = new float[3 * 20];
    Arrays.fill(x, -1);
    x[4] = -0f;
    x[18] = 0f;
    x[20 + 3] = 0f;
    x[20 + 17] = -0f;
    x[40 + 19] = -0f;
    assertThat(run(x, 20)).containsExactly(4, 3, 19, 1, 1, 1);
  }

  @Test
  void callsFiniteWhatOnlyItsSumIsNot() {
    float[] x = new float[100];
    Arrays.fill(x, Float.MAX_VALUE);
    assertThat(run(x, 100)).containsExactly(0, 1);
    Arrays.fill(x, -Float.MAX_VALUE);
    assertThat(run(x, 100)).containsExactly(0, 1);
    Arrays.fill(x, Float.MIN_VALUE);
    x[77] *= 2;
    assertThat(run(x, 100)).containsExactly(77, 1);
  }

  @ParameterizedTest
  @MethodSource("widths")
  void readsNothingAfterTheLastRow(int width) {
    float[] x = random(width, 5);
    int pages = (width * Float.BYTES + PAGE - 1) / PAGE;
    Pointer end = pagesBeforeNone(pages);
    Pointer row = end.share(-(long) width * Float.BYTES);
    row.write(0, x, 0, width);
    long[] out =
        new KernelCall(code)
            .integer(FIRST, Pointer.nativeValue(row))
            .integer(I, 1)
            .integer(J, width)
            .runLong(2);
    assertThat(out).containsExactly(largest(x, 0, width), 1);
  }

  /** The end of memory after which nothing can be read. */
  private static Pointer pagesBeforeNone(int pages) {
    long bytes = (long) pages * PAGE;
    Object[] request = {0L, bytes + PAGE, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L};
    Pointer memory = new Pointer(Function.getFunction("c", "mmap").invokeLong(request));
    Pointer end = memory.share(bytes);
    Object[] none = {end, (long) PAGE, 0};
    assertThat(Function.getFunction("c", "mprotect").invokeInt(none)).isZero();
    return end;
  }

  private static void assertFound(float[] x, int width) {
    long[] out = run(x, width);
    for (int row = 0; row < x.length / width; row++) {
      assertThat(out[row]).as("row %d of %d", row, width).isEqualTo(largest(x, row, width));
      assertThat(finite(out, row)).isTrue();
    }
  }

  private static long[] run(float[] x, int width) {
    int rows = x.length / width;
    return new KernelCall(code)
        .wideTensor(FIRST, x)
        .integer(I, rows)
        .integer(J, width)
        .runLong(2 * rows);
  }

  private static boolean finite(long[] out, int row) {
    long finite = out[out.length / 2 + row];
    assertThat(finite).isBetween(0L, 1L);
    return finite == 1;
  }

  private static int largest(float[] x, int row, int width) {
    int largest = 0;
    for (int i = 1; i < width; i++) {
      if (x[row * width + i] > x[row * width + largest]) {
        largest = i;
      }
    }
    return largest;
  }

  private static float[] random(int count, long seed) {
    Random random = new Random(seed);
    float[] x = new float[count];
    IntStream.range(0, count).forEach(i -> x[i] = (float) (3 * random.nextGaussian()));
    return x;
  }
}
