package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.FIRST;
import static dev.millrace.engine.kernel.KernelArguments.FOURTH;
import static dev.millrace.engine.kernel.KernelArguments.I;
import static dev.millrace.engine.kernel.KernelArguments.J;
import static dev.millrace.engine.kernel.KernelArguments.K;
import static dev.millrace.engine.kernel.KernelArguments.SECOND;
import static dev.millrace.engine.kernel.KernelArguments.THIRD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against softmax(q k / sqrt(D)) v in float64. */
class AttentionKernelTest {
  private static final int[] CONTEXTS = {1, 7, 16, 33, 255, 256, 257, 700};
  private static final int STRIDE = 720;

  private final Random random = new Random(11);

  @BeforeAll
  static void needsAmx() {
    assumeTrue(Kernels.supported(), "this processor has no AMX");
  }

  @ParameterizedTest
  @CsvSource({
    "4, 2, 64, 2",
    "32, 8, 64, 8",
    "32, 8, 64, 1",
    "8, 1, 128, 1",
    "3, 3, 32, 3",
    "16, 1, 96, 1",
    "15, 5, 128, 5",
    "15, 5, 128, 1",
    "16, 8, 64, 8",
    "40, 5, 64, 5"
  })
  void attends(int heads, int kvHeads, int dim, int headsInAPiece) {
    int count = CONTEXTS.length;
    float[] queries = numbers(count * heads * dim, 2);
    float[] keys = numbers(count * STRIDE * kvHeads * dim, 1);
    float[] values = numbers(count * STRIDE * kvHeads * dim, 1);
    long[] spans = new long[3 * count];
    for (int i = 0; i < count; i++) {
      spans[3 * i] = count - 1L - i; // rows in another order
      spans[3 * i + 1] = (long) i * STRIDE;
      spans[3 * i + 2] = CONTEXTS[i];
    }
    Assembler assembler = new Assembler();
    AttentionKernel.emit(assembler, heads, kvHeads, dim);
    float[] out =
        new KernelCall(assembler.code())
            .tensor(FIRST, queries)
            .tensor(SECOND, keys)
            .tensor(THIRD, values)
            .tensor(FOURTH, spans)
            .integer(I, count)
            .integer(J, (long) heads * dim * Short.BYTES)
            .integer(K, headsInAPiece)
            .run(queries.length);

    for (int i = 0; i < count; i++) {
      for (int head = 0; head < heads; head++) {
        int kvHead = head / (heads / kvHeads);
        int query = ((count - 1 - i) * heads + head) * dim;
        double[] expected = attention(queries, query, keys, values, i, kvHeads, kvHead, dim);
        for (int d = 0; d < dim; d++) {
          assertThat((double) out[query + d])
              .as("context %d, head %d, element %d", CONTEXTS[i], head, d)
              .isCloseTo(expected[d], within(Math.abs(expected[d]) / 200 + 2e-4));
        }
      }
    }
  }

  private static double[] attention(
      float[] queries,
      int query,
      float[] keys,
      float[] values,
      int sequence,
      int kvHeads,
      int kvHead,
      int dim) {
    double[] sum = new double[dim];
    double total = 0;
    for (int slot = 0; slot < CONTEXTS[sequence]; slot++) {
      int at = ((sequence * STRIDE + slot) * kvHeads + kvHead) * dim;
      double score = 0;
      for (int d = 0; d < dim; d++) {
        score += (double) KernelCall.rounded(queries[query + d]) * KernelCall.rounded(keys[at + d]);
      }
      double weight = Math.exp(score / Math.sqrt(dim));
      total += weight;
      for (int d = 0; d < dim; d++) {
        sum[d] += weight * KernelCall.rounded(values[at + d]);
      }
    }
    for (int d = 0; d < dim; d++) {
      sum[d] /= total;
    }
    return sum;
  }

  private float[] numbers(int count, float scale) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian() * scale;
    }
    return numbers;
  }
}
