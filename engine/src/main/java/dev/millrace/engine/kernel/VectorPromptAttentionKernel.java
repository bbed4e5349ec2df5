package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.R11;
import static dev.millrace.engine.kernel.Register.R14;
import static dev.millrace.engine.kernel.Register.R8;
import static dev.millrace.engine.kernel.Register.R9;
import static dev.millrace.engine.kernel.Register.RAX;
import static dev.millrace.engine.kernel.Register.RBX;
import static dev.millrace.engine.kernel.Register.RCX;
import static dev.millrace.engine.kernel.Register.RDX;
import static dev.millrace.engine.kernel.Register.RSP;

import dev.millrace.engine.kernel.Assembler.Condition;
import dev.millrace.engine.kernel.Assembler.Label;

/**
 * {@link PromptAttentionKernel} on vectors' products of pairs of bfloat16, without AMX. The sums of
 * a tile of 16 rows are 16 vectors; the tile on the right is multiplied a row at a time, by the
 * pair of each row on the left.
 */
final class VectorPromptAttentionKernel extends PromptAttentionKernel {
  private static final int RIGHT = VECTOR; // a vector, after the sums
  private static final int PAIR = 2 * Short.BYTES;

  /** Pairs that are multiplied without a jump. */
  private static final int TOGETHER = 4;

  private VectorPromptAttentionKernel(
      Assembler assembler, int queryHeads, int kvHeads, int headDim) {
    super(assembler, queryHeads, kvHeads, headDim);
  }

  static void emit(Assembler assembler, int queryHeads, int kvHeads, int headDim) {
    new VectorPromptAttentionKernel(assembler, queryHeads, kvHeads, headDim).emit();
  }

  @Override
  void prepare() {}

  @Override
  void release() {}

  @Override
  void scores() {
    Label slots = new Label();
    a.lea(R8, at(RSP, keys));
    a.mov(R11, RSP); // the scores are the first in the frame
    a.mov(RCX, RBX);
    a.bind(slots);
    for (int i = 0; i < VECTOR; i++) {
      a.clear(i);
    }
    a.lea(R9, at(R14, queries));
    a.mov(RDX, dim / PAIRS);
    multiply(TILE);
    for (int i = 0; i < VECTOR; i++) {
      a.store(at(R11, i * VECTOR_BYTES), i);
    }
    a.add(R11, TILE);
    a.sub(RCX, VECTOR);
    a.jump(Condition.NOT_EQUAL, slots);
  }

  @Override
  void addValues() {
    for (int first = 0; first < dim; first += VECTOR) {
      int sum = sums + first * VECTOR_BYTES;
      for (int i = 0; i < VECTOR; i++) {
        a.load(i, at(R14, sum + i * VECTOR_BYTES));
      }
      a.lea(R8, at(RSP, values + first * VECTOR_BYTES));
      a.lea(R9, at(RSP, scores));
      a.mov(RDX, RBX);
      a.shiftRight(RDX, 5);
      multiply(PAIRS * headBytes);
      for (int i = 0; i < VECTOR; i++) {
        a.store(at(R14, sum + i * VECTOR_BYTES), i);
      }
    }
  }

  /**
   * Adds the products of RDX tiles from R8 on, `apart` bytes from one to the next, and as many from
   * R9 on. Both end behind them; RAX and RDX are overwritten.
   */
  private void multiply(int apart) {
    Label tile = new Label();
    Label pairs = new Label();
    a.bind(tile);
    a.mov(RAX, VECTOR / TOGETHER);
    a.bind(pairs);
    for (int pair = 0; pair < TOGETHER; pair++) {
      a.load(RIGHT + pair, at(R9, pair * VECTOR_BYTES));
      for (int row = 0; row < VECTOR; row++) {
        a.addPairProductsBroadcast(row, RIGHT + pair, at(R8, row * VECTOR_BYTES + pair * PAIR));
      }
    }
    a.add(R8, TOGETHER * PAIR);
    a.add(R9, TOGETHER * VECTOR_BYTES);
    a.sub(RAX, 1);
    a.jump(Condition.NOT_EQUAL, pairs);
    a.add(R8, apart - VECTOR_BYTES);
    a.sub(RDX, 1);
    a.jump(Condition.NOT_EQUAL, tile);
  }
}
