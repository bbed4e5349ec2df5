package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.R15;
import static dev.millrace.engine.kernel.Register.R8;
import static dev.millrace.engine.kernel.Register.R9;
import static dev.millrace.engine.kernel.Register.RAX;
import static dev.millrace.engine.kernel.Register.RCX;
import static dev.millrace.engine.kernel.Register.RSP;
import static dev.millrace.engine.kernel.TileAttentionFrame.EVEN;
import static dev.millrace.engine.kernel.TileAttentionFrame.ODD;
import static dev.millrace.engine.kernel.TileAttentionFrame.REST;
import static dev.millrace.engine.kernel.TileAttentionFrame.ROWS;
import static dev.millrace.engine.kernel.TileAttentionFrame.VECTOR;
import static dev.millrace.engine.kernel.TileAttentionFrame.VECTOR_BYTES;

import dev.millrace.engine.kernel.Assembler.Condition;
import dev.millrace.engine.kernel.Assembler.Label;

/**
 * The part of {@link TileAttentionKernel} that makes weights of a block's scores. Scores stand one
 * slot's after the other's, so that a vector has those of several slots; then a query's weights for
 * 16 slots are brought together and become its rows of a tile.
 */
final class TileAttentionWeights {
  // Vectors: 0 to 15 are a tile's scores, a column's weights, or for other work at hand.
  private static final int SPARE = 16;
  private static final int FIRST_SCRATCH = 17;
  private static final int SECOND_SCRATCH = 18;
  private static final int SUM = 19;
  private static final int EXPONENTIAL = 20;
  private static final int EVENS = 26; // orders of two vectors' elements
  private static final int ODDS = 27;
  private static final int TO_BASE_2 = 28;
  private static final int UPPER_HALF = 29;
  private static final int FACTOR = 30;
  private static final int OFFSET = 31;

  // Orders of a vector's four quarters, or of a quarter's four elements: 1 0 3 2 and 2 3 0 1.
  private static final int NEIGHBOURS = 0xB1;
  private static final int HALVES = 0x4E;

  private final Assembler a;
  private final TileAttentionFrame frame;
  private Exponential exponential;

  TileAttentionWeights(Assembler a, TileAttentionFrame frame) {
    this.a = a;
    this.frame = frame;
  }

  /** Loads what stays in vectors while the kernel runs. */
  void constants() {
    exponential = new Exponential(a, Exponential.EXACT, EXPONENTIAL, frame.scratch);
    float scale = (float) (Exponential.LOG2_E / Math.sqrt(frame.dim));
    Exponential.constant(a, TO_BASE_2, scale, frame.scratch);
    a.mov(RAX, 0xFFFF_0000L);
    a.mov(frame.scratch, RAX);
    a.broadcast(UPPER_HALF, frame.scratch);
    for (int i = 0; i < VECTOR; i += 2) {
      a.mov(RAX, 2L * i + ((2L * i + 2) << 32));
      a.mov(at(RSP, frame.maximum + i * Float.BYTES), RAX);
      a.mov(RAX, 2L * i + 1 + ((2L * i + 3) << 32));
      a.mov(at(RSP, frame.sum + i * Float.BYTES), RAX);
    }
    a.load(EVENS, at(RSP, frame.maximum));
    a.load(ODDS, at(RSP, frame.sum));
  }

  /** Scores become weights; the sum of the weights so far shrinks to the new maximum. */
  void emit() {
    a.load(FACTOR, at(RSP, frame.maximum));
    for (int i = 0; i < frame.columns; i++) {
      a.move(i, FACTOR);
    }
    forEachScores(i -> a.maximum(i, i, at(R9, i * VECTOR_BYTES)), () -> {});
    for (int distance = frame.columns / 2; distance > 0; distance /= 2) {
      for (int i = 0; i < distance; i++) {
        a.maximum(i, i, i + distance);
      }
    }
    acrossSlots(0, a::maximum);
    a.store(at(RSP, frame.maximum), 0);
    a.subtract(FACTOR, FACTOR, 0);
    a.multiply(FACTOR, FACTOR, TO_BASE_2);
    exponential.emit(FACTOR, FIRST_SCRATCH, SECOND_SCRATCH);
    a.store(at(RSP, frame.factors), FACTOR);
    a.clear(OFFSET);
    a.subtract(OFFSET, OFFSET, 0);
    a.multiply(OFFSET, OFFSET, TO_BASE_2);
    a.multiply(SUM, FACTOR, at(RSP, frame.sum));
    a.lea(R8, at(RSP, frame.weights));
    forEachScores(this::weight, this::layOutWeights);
    a.store(at(RSP, frame.sum), SUM);
  }

  private void weight(int i) {
    a.load(i, at(R9, i * VECTOR_BYTES));
    a.multiplyThenAdd(i, TO_BASE_2, OFFSET);
    exponential.emit(i, FIRST_SCRATCH, SECOND_SCRATCH);
    a.add(SUM, SUM, i);
  }

  private void layOutWeights() {
    int[] ofQueries = Transposition.parted(a, frame.columns, SPARE, EVENS, ODDS);
    for (int query = 0; query < frame.group; query++) {
      int weight = ofQueries[query];
      int tileRow = query * ROWS * VECTOR_BYTES;
      layOut(weight, tileRow);
      a.subtract(weight, weight, FIRST_SCRATCH);
      layOut(weight, tileRow + REST * VECTOR_BYTES);
    }
    a.add(R8, frame.weightTiles * frame.rows * VECTOR_BYTES);
  }

  private void layOut(int weight, int tileRow) {
    a.and(FIRST_SCRATCH, weight, UPPER_HALF);
    a.shiftRight(SECOND_SCRATCH, weight, 16);
    a.store(at(R8, tileRow + ODD * VECTOR_BYTES), FIRST_SCRATCH);
    a.store(at(R8, tileRow + EVEN * VECTOR_BYTES), SECOND_SCRATCH);
  }

  private interface Operation {
    void emit(int target, int left, int right);
  }

  private void acrossSlots(int vector, Operation operation) {
    for (int distance = frame.columns; distance < VECTOR; distance *= 2) {
      int order = distance == 1 || distance == 4 ? NEIGHBOURS : HALVES;
      if (distance < 4) {
        a.permuteWithinFours(FIRST_SCRATCH, vector, order);
      } else {
        a.permuteFours(FIRST_SCRATCH, vector, order);
      }
      operation.emit(vector, vector, FIRST_SCRATCH);
    }
  }

  /** Each element becomes the sum of all those of its column. */
  void addAcrossSlots(int vector) {
    acrossSlots(vector, a::add);
  }

  private interface VectorAction {
    void emit(int vector);
  }

  /** R9: the scores of a tile. */
  private void forEachScores(VectorAction action, Runnable afterTile) {
    a.lea(R9, at(RSP, frame.scores));
    a.mov(RCX, R15);
    Label tile = new Label();
    a.bind(tile);
    for (int i = 0; i < frame.columns; i++) {
      action.emit(i);
    }
    afterTile.run();
    a.add(R9, VECTOR * frame.scoreBytes);
    a.sub(RCX, VECTOR);
    a.jump(Condition.ABOVE, tile);
  }
}
