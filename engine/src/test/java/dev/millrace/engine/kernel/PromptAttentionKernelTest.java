package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.FIRST;
import static dev.millrace.engine.kernel.KernelArguments.FOURTH;
import static dev.millrace.engine.kernel.KernelArguments.I;
import static dev.millrace.engine.kernel.KernelArguments.J;
import static dev.millrace.engine.kernel.KernelArguments.SECOND;
import static dev.millrace.engine.kernel.KernelArguments.THIRD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Against softmax(q k / sqrt(D)) v in float64. */
@ParameterizedClass(name = "{0}")
@EnumSource
class PromptAttentionKernelTest {
  private static final int[] STARTS = {0, 5, 250};
  private static final int[] COUNTS = {2, 15, 16, 17, 31, 33, 100, 300};

  private final Random random = new Random(13);

  /** Tokens of one sequence: the first's row, and slot 0 of the sequence. */
  private record Piece(int row, int pool, int start, int count) {}

  /** Heads, and tensors whose rows are `stride` query heads apart. */
  private static final class Tensors {
    final int heads;
    final int kvHeads;
    final int dim;
    final int stride;
    final float[] queries;
    final float[] keys;
    final float[] values;

    Tensors(Random random, int heads, int kvHeads, int dim, int stride, int rows, int slots) {
      this.heads = heads;
      this.kvHeads = kvHeads;
      this.dim = dim;
      this.stride = stride;
      this.queries = numbers(random, rows * stride * dim, 2);
      this.keys = numbers(random, slots * kvHeads * dim, 1);
      this.values = numbers(random, slots * kvHeads * dim, 1);
    }

    float[] attend(Extension extension, List<Piece> pieces) {
      Assembler assembler = new Assembler();
      extension.promptAttention(assembler, heads, kvHeads, dim);
      return new KernelCall(assembler.code())
          .tensor(FIRST, queries)
          .tensor(SECOND, keys)
          .tensor(THIRD, values)
          .tensor(
              FOURTH,
              pieces.stream()
                  .flatMapToLong(
                      piece -> LongStream.of(piece.row, piece.pool, piece.start, piece.count))
                  .toArray())
          .integer(I, pieces.size())
          .integer(J, (long) stride * dim * Short.BYTES)
          .run(queries.length / stride * heads);
    }

    double[] expected(Piece piece, int token, int head) {
      int query = ((piece.row + token) * stride + head) * dim;
      double[] sum = new double[dim];
      double total = 0;
      for (int slot = 0; slot <= piece.start + token; slot++) {
        int at = ((piece.pool + slot) * kvHeads + head / (heads / kvHeads)) * dim;
        double score = 0;
        for (int d = 0; d < dim; d++) {
          score += (double) rounded(queries[query + d]) * rounded(keys[at + d]);
        }
        double weight = Math.exp(score / Math.sqrt(dim));
        total += weight;
        for (int d = 0; d < dim; d++) {
          sum[d] += weight * rounded(values[at + d]);
        }
      }
      for (int d = 0; d < dim; d++) {
        sum[d] /= total;
      }
      return sum;
    }
  }

  @Parameter Extension extension;

  @BeforeEach
  void needsExtension() {
    assumeTrue(extension.supported(), () -> "this processor has no " + extension);
  }

  @ParameterizedTest
  @CsvSource({"4, 2, 64", "32, 8, 64", "8, 1, 128", "3, 3, 32", "16, 1, 96"})
  void aTokenAttendsToThoseBeforeItAndItself(int heads, int kvHeads, int dim) {
    List<Piece> pieces = new ArrayList<>();
    int rows = STARTS.length * IntStream.of(COUNTS).sum();
    int slots = 0;
    int row = rows;
    for (int start : STARTS) {
      for (int count : COUNTS) {
        row -= count; // what is written after a piece's end is in one that is done
        pieces.add(new Piece(row, slots, start, count));
        slots += start + count;
      }
    }
    Tensors tensors = new Tensors(random, heads, kvHeads, dim, heads + 2 * kvHeads, rows, slots);
    float[] out = tensors.attend(extension, pieces);
    for (Piece piece : pieces) {
      for (int token = 0; token < piece.count; token++) {
        for (int head = token % 3; head < heads; head += 3) { // all would take minutes
          assertClose(tensors, out, piece, token, head);
        }
      }
    }
  }

  @Test
  void whatATokenGetsDoesNotDependOnHowItsPromptIsCut() {
    Tensors tensors = new Tensors(random, 4, 2, 64, 4, 300, 300);
    float[] whole = tensors.attend(extension, List.of(new Piece(0, 0, 0, 300)));
    List<Piece> cut =
        List.of(new Piece(0, 0, 0, 7), new Piece(7, 0, 7, 140), new Piece(147, 0, 147, 153));
    assertThat(tensors.attend(extension, cut)).isEqualTo(whole);
  }

  @Test
  void thereIsNoneForHeadsThatTilesDoNotDivide() {
    assertThat(AttentionHeads.fit(4, 2, 48)).isFalse();
    assertThatThrownBy(() -> extension.promptAttention(new Assembler(), 4, 2, 48))
        .hasMessage("no attention kernel for 4 query and 2 key/value heads of 48");
  }

  private static void assertClose(Tensors tensors, float[] out, Piece piece, int token, int head) {
    double[] expected = tensors.expected(piece, token, head);
    int first = ((piece.row + token) * tensors.heads + head) * tensors.dim;
    for (int d = 0; d < tensors.dim; d++) {
      // Weights are rounded to bfloat16, too.
      assertThat((double) out[first + d])
          .as("%s, token %d, head %d, element %d", piece, token, head, d)
          .isCloseTo(expected[d], within(Math.abs(expected[d]) / 200 + 3e-3));
    }
  }

  private static float[] numbers(Random random, int count, float scale) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian() * scale;
    }
    return numbers;
  }

  private static float rounded(float value) {
    return KernelCall.rounded(value);
  }
}
