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

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Against softmax(q k / sqrt(D)) v in float64. */
@ParameterizedClass(name = "{0}")
@EnumSource
class AttentionKernelTest {
  private static final int[] CONTEXTS = {
    1, 7, 15, 16, 17, 63, 64, 65, 255, 256, 257, 600, 1024, 1030
  };

  /** Slots after a sequence that are no sequence's; what they hold is not a number. */
  private static final int BETWEEN = 3;

  private final Random random = new Random(11);

  @Parameter Extension extension;

  @BeforeEach
  void needsExtension() {
    assumeTrue(extension.supported(), () -> "this processor has no " + extension);
  }

  @ParameterizedTest
  @CsvSource({
    "4, 2, 64, 2",
    "4, 2, 64, 1",
    "32, 8, 64, 8",
    "32, 8, 64, 1",
    "8, 1, 128, 1",
    "3, 3, 32, 3",
    "4, 4, 128, 4",
    "8, 2, 128, 2",
    "16, 1, 96, 1",
    "16, 1, 128, 1",
    "32, 2, 32, 2",
    "15, 5, 128, 5",
    "15, 5, 128, 1",
    "16, 8, 64, 8",
    "40, 5, 64, 5",
    "12, 2, 96, 2",
    "5, 1, 64, 1"
  })
  void attends(int heads, int kvHeads, int dim, int headsInAPiece) {
    Cache cache = new Cache(kvHeads, dim);
    float[] queries = numbers(CONTEXTS.length * heads * dim, 2);
    float[] out = run(heads, headsInAPiece, cache, queries, cache.spans());

    for (int i = 0; i < CONTEXTS.length; i++) {
      for (int head = 0; head < heads; head++) {
        int query = (Cache.row(i) * heads + head) * dim;
        double[] expected = cache.attention(queries, query, i, head / (heads / kvHeads));
        for (int d = 0; d < dim; d++) {
          assertThat((double) out[query + d])
              .as("context %d, head %d, element %d", CONTEXTS[i], head, d)
              .isCloseTo(expected[d], within(Math.abs(expected[d]) / 200 + 2e-4));
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"4, 2, 64", "32, 8, 64", "9, 3, 96"})
  void whatATokenGetsDoesNotDependOnTheOthers(int heads, int kvHeads, int dim) {
    Cache cache = new Cache(kvHeads, dim);
    float[] queries = numbers(CONTEXTS.length * heads * dim, 2);
    float[] together = run(heads, kvHeads, cache, queries, cache.spans());
    for (int i = 0; i < CONTEXTS.length; i++) {
      long[] span = Arrays.copyOfRange(cache.spans(), 3 * i, 3 * i + 3);
      float[] alone = run(heads, 1, cache, queries, span);
      int first = Cache.row(i) * heads * dim;
      int end = first + heads * dim;
      assertThat(Arrays.copyOfRange(alone, first, end))
          .as("context %d", CONTEXTS[i])
          .isEqualTo(Arrays.copyOfRange(together, first, end));
    }
  }

  private float[] run(int heads, int headsInAPiece, Cache cache, float[] queries, long[] spans) {
    Assembler assembler = new Assembler();
    extension.attention(assembler, heads, cache.heads, cache.dim);
    return new KernelCall(assembler.code())
        .tensor(FIRST, queries)
        .tensor(SECOND, cache.keys)
        .tensor(THIRD, cache.values)
        .tensor(FOURTH, spans)
        .integer(I, spans.length / 3)
        .integer(J, (long) heads * cache.dim * Short.BYTES)
        .integer(K, headsInAPiece)
        .run(queries.length);
  }

  /** Keys and values of a sequence for each context, one after the other. */
  private final class Cache {
    final int heads;
    final int dim;
    final int[] starts = new int[CONTEXTS.length];
    final float[] keys;
    final float[] values;

    Cache(int heads, int dim) {
      this.heads = heads;
      this.dim = dim;
      int slots = 0;
      for (int i = 0; i < CONTEXTS.length; i++) {
        starts[i] = slots;
        slots += CONTEXTS[i] + BETWEEN;
      }
      keys = numbers(slots * heads * dim, 1);
      values = numbers(slots * heads * dim, 1);
      for (int i = 0; i < CONTEXTS.length; i++) {
        int end = element(i, CONTEXTS[i], 0);
        Arrays.fill(keys, end, end + BETWEEN * heads * dim, Float.NaN);
        Arrays.fill(values, end, end + BETWEEN * heads * dim, Float.NaN);
      }
    }

    /** Rows of queries are in another order than sequences. */
    static int row(int sequence) {
      return CONTEXTS.length - 1 - sequence;
    }

    long[] spans() {
      long[] spans = new long[3 * CONTEXTS.length];
      for (int i = 0; i < CONTEXTS.length; i++) {
        spans[3 * i] = row(i);
        spans[3 * i + 1] = starts[i];
        spans[3 * i + 2] = CONTEXTS[i];
      }
      return spans;
    }

    private int element(int sequence, int slot, int head) {
      return ((starts[sequence] + slot) * heads + head) * dim;
    }

    double[] attention(float[] queries, int query, int sequence, int head) {
      double[] sum = new double[dim];
      double total = 0;
      for (int slot = 0; slot < CONTEXTS[sequence]; slot++) {
        int at = element(sequence, slot, head);
        double score = 0;
        for (int d = 0; d < dim; d++) {
          score +=
              (double) KernelCall.rounded(queries[query + d]) * KernelCall.rounded(keys[at + d]);
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
  }

  private float[] numbers(int count, float scale) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian() * scale;
    }
    return numbers;
  }
}
