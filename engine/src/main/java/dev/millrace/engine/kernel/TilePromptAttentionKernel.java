package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.R11;
import static dev.millrace.engine.kernel.Register.R14;
import static dev.millrace.engine.kernel.Register.R8;
import static dev.millrace.engine.kernel.Register.R9;
import static dev.millrace.engine.kernel.Register.RBX;
import static dev.millrace.engine.kernel.Register.RCX;
import static dev.millrace.engine.kernel.Register.RSP;

import dev.millrace.engine.kernel.Assembler.Condition;
import dev.millrace.engine.kernel.Assembler.Label;

/** {@link PromptAttentionKernel} on AMX's tiles. */
final class TilePromptAttentionKernel extends PromptAttentionKernel {
  // Tiles: two of scores, two of keys, and the queries'; or four of sums, the weights', and
  // values'.
  private static final int SCORES = 0;
  private static final int KEYS = 2;
  private static final int QUERIES = 4;
  private static final int SUMS = 0;
  private static final int MOST_SUMS = 4;
  private static final int WEIGHTS = 4;
  private static final int VALUES = 5;
  private static final int MOST_VALUES = 3;

  private TilePromptAttentionKernel(Assembler assembler, int queryHeads, int kvHeads, int headDim) {
    super(assembler, queryHeads, kvHeads, headDim);
  }

  static void emit(Assembler assembler, int queryHeads, int kvHeads, int headDim) {
    new TilePromptAttentionKernel(assembler, queryHeads, kvHeads, headDim).emit();
  }

  @Override
  void prepare() {
    TileShapes.emit(a, own);
    a.loadTileShapes(at(RSP, own));
    a.mov(R11, VECTOR_BYTES);
  }

  @Override
  void release() {
    a.releaseTiles();
  }

  @Override
  void scores() {
    for (int part = 0; part < dim / 32; part++) {
      a.loadTile(QUERIES + part, at(R14, R11, 1, queries + part * TILE));
    }
    a.lea(R8, at(RSP, keys));
    a.lea(R9, at(RSP, scores));
    a.mov(RCX, RBX);
    Label pair = new Label();
    a.bind(pair);
    a.zeroTile(SCORES);
    a.zeroTile(SCORES + 1);
    for (int part = 0; part < dim / 32; part++) {
      for (int i = 0; i < 2; i++) {
        a.loadTile(KEYS + i, at(R8, R11, 1, i * VECTOR * headBytes + part * TILE));
        a.multiplyTiles(SCORES + i, KEYS + i, QUERIES + part);
      }
    }
    a.storeTile(at(R9, R11), SCORES);
    a.storeTile(at(R9, R11, 1, TILE), SCORES + 1);
    a.add(R8, PAIRS * headBytes);
    a.add(R9, 2 * TILE);
    a.sub(RCX, PAIRS);
    a.jump(Condition.NOT_EQUAL, pair);
  }

  @Override
  void addValues() {
    for (int first = 0; first < dim / VECTOR; first += MOST_SUMS) {
      addValues(first, Math.min(MOST_SUMS, dim / VECTOR - first));
    }
  }

  private void addValues(int first, int count) {
    for (int i = 0; i < count; i++) {
      a.loadTile(SUMS + i, at(R14, R11, 1, sums + (first + i) * TILE));
    }
    a.lea(R8, at(RSP, values));
    a.lea(R9, at(RSP, scores));
    a.mov(RCX, RBX);
    Label pairs = new Label();
    a.bind(pairs);
    a.loadTile(WEIGHTS, at(R9, R11));
    for (int i = 0; i < count; i++) {
      int value = VALUES + i % MOST_VALUES;
      a.loadTile(value, at(R8, R11, 1, (first + i) * TILE));
      a.multiplyTiles(SUMS + i, value, WEIGHTS);
    }
    a.add(R8, PAIRS * headBytes);
    a.add(R9, TILE);
    a.sub(RCX, PAIRS);
    a.jump(Condition.NOT_EQUAL, pairs);
    for (int i = 0; i < count; i++) {
      a.storeTile(at(R14, R11, 1, sums + (first + i) * TILE), SUMS + i);
    }
  }
}
