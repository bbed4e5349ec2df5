package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.K;
import static dev.millrace.engine.kernel.KernelArguments.L;
import static dev.millrace.engine.kernel.KernelArguments.NEXT;
import static dev.millrace.engine.kernel.KernelArguments.OUT;
import static dev.millrace.engine.kernel.KernelArguments.THIRD;
import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.R10;
import static dev.millrace.engine.kernel.Register.R12;
import static dev.millrace.engine.kernel.Register.R14;
import static dev.millrace.engine.kernel.Register.R15;
import static dev.millrace.engine.kernel.Register.R8;
import static dev.millrace.engine.kernel.Register.R9;
import static dev.millrace.engine.kernel.Register.RAX;
import static dev.millrace.engine.kernel.Register.RCX;
import static dev.millrace.engine.kernel.Register.RDX;
import static dev.millrace.engine.kernel.Register.RSI;
import static dev.millrace.engine.kernel.Register.RSP;

import dev.millrace.engine.kernel.Assembler.Condition;
import dev.millrace.engine.kernel.Assembler.Label;

/**
 * A linear layer in bfloat16, for any number of rows: each weight is read once, ahead of its use,
 * so that multiplying hides behind memory, or memory behind multiplying.
 *
 * <p>Arguments: {@code OUT} [rows, outputs], {@code FIRST} x [rows, inputs], {@code SECOND} the
 * weights, {@code THIRD} what is added [rows, outputs] if anything is; {@code I} rows, {@code J}
 * inputs, {@code K} panels, {@code L} 1 if the gated result is wanted in tiles. Several rows of x
 * whose inputs are a multiple of 1024 come in tiles, as {@link TileKernel} makes them.
 *
 * <p>A panel is the weights of 32 outputs, as [inputs / 32, 2, 16, 16, 2]: for 32 inputs two tiles
 * of 16 outputs, and in each, 16 pairs of inputs by output. A thread takes one panel after the
 * other, and knows which it will be at next, to ask memory for that.
 *
 * <p>What a row becomes does not depend on the other rows: each element is the sum over the inputs
 * in one order, from the first to the last.
 */
abstract class LinearKernel {
  /** What becomes of a row's 32 sums. */
  enum Result {
    /** bfloat16. */
    PLAIN(64),
    /** bfloat16, added to the element of {@code THIRD} at the same place. */
    ADDED(64),
    /** silu(the first 16) * the last 16, in bfloat16. */
    GATED(32),
    /** float32. */
    WIDE(128);

    private final int bytes;

    Result(int bytes) {
      this.bytes = bytes;
    }
  }

  /** Of a tile, of a row of a tile, and of a panel's tiles for 32 inputs. */
  static final int TILE = 1024;

  static final int TILE_ROW = 64;
  static final int PANEL_STEP = 2 * TILE;
  static final int LINE = 64;

  /** Rows that are multiplied with a panel before their sums are written. */
  static final int ROWS = 32;

  // The frame on the stack, from RSP: sums [32, 32] in float32, and numbers; then a subclass's own.
  static final int SUM_ROW = 2 * TILE_ROW;
  private static final int NUMBERS = ROWS * SUM_ROW;
  private static final Memory SCRATCH = at(RSP, NUMBERS);
  private static final Memory END = at(RSP, NUMBERS + 8); // of this piece of work
  static final Memory NEXT_PANEL = at(RSP, NUMBERS + 16); // its weights, or this one's again
  private static final Memory PANELS = at(RSP, NUMBERS + 24); // in a piece
  private static final Memory TAKEN = at(RSP, NUMBERS + 32); // the first panel of the next
  static final int OWN = NUMBERS + 64;

  private static final int EXPONENTIAL = 16;
  private static final int ONE = 23;
  private static final int LOG2_E = 24;

  final Assembler a;
  private final Result result;
  private Exponential exponential;

  LinearKernel(Assembler assembler, Result result) {
    this.a = assembler;
    this.result = result;
  }

  /** Bytes of the frame: {@link #OWN} and the subclass's own. */
  abstract int frame();

  /** Once, before any panel. */
  abstract void prepare();

  /**
   * Multiplies panel R12, whose weights R14 points to, with all rows, and calls {@link #finish} for
   * each {@link #ROWS} of them. R12 and RDI must be left as they are; what else is, is the
   * subclass's.
   */
  abstract void multiplyPanel();

  /** Once, after all panels. */
  abstract void release();

  final void emit() {
    Frame.enter(a, frame());
    if (result == Result.GATED) {
      exponential = new Exponential(a, Exponential.EXACT, EXPONENTIAL, SCRATCH);
      Exponential.constant(a, ONE, 1, SCRATCH);
      Exponential.constant(a, LOG2_E, Exponential.LOG2_E, SCRATCH);
    }
    prepare();
    Label pieces = new Label();
    Label done = new Label();
    Panels.together(a);
    a.mov(PANELS, RCX);
    a.mov(TAKEN, RSI);
    a.cmp(RSI, KernelArguments.NO_PIECE);
    a.jump(Condition.NOT_EQUAL, pieces);
    take();
    a.bind(pieces);
    a.mov(R12, TAKEN);
    a.cmp(R12, K.memory());
    a.jump(Condition.NOT_BELOW, done);
    a.mov(RAX, PANELS);
    a.add(RAX, R12);
    a.mov(RCX, K.memory());
    a.cmp(RAX, RCX);
    a.cmov(Condition.ABOVE, RAX, RCX);
    a.mov(END, RAX);
    take();
    Label panel = new Label();
    a.bind(panel);
    panelAhead();
    multiplyPanel();
    a.add(R12, 1);
    a.cmp(R12, END);
    a.jump(Condition.BELOW, panel);
    a.jump(pieces);
    a.bind(done);
    release();
    Frame.leave(a);
  }

  /** Takes a piece of work, ahead of its time. */
  private void take() {
    a.mov(RAX, PANELS);
    a.fetchAndAdd(NEXT.memory(), RAX);
    a.mov(TAKEN, RAX);
  }

  /** R14: the panel's weights; and into the frame where the next panel's are. */
  private void panelAhead() {
    a.mov(R14, R12);
    Panels.weights(a, R14);
    a.mov(RAX, TAKEN);
    a.cmp(RAX, K.memory());
    a.cmov(Condition.NOT_BELOW, RAX, R12);
    Panels.weights(a, RAX);
    a.mov(NEXT_PANEL, RAX);
  }

  final void unless(
      Register left, Condition condition, int right, Runnable action, Label afterwards) {
    Label otherwise = new Label();
    a.cmp(left, right);
    a.jump(condition, otherwise);
    action.run();
    a.jump(afterwards);
    a.bind(otherwise);
  }

  /**
   * Writes the sums of RCX rows from R15 on, [RCX, 32] at RSP, where they belong. All registers but
   * R11 to R15 are overwritten.
   */
  final void finish() {
    a.mov(RDX, K.memory());
    a.imul(RDX, result.bytes); // from row to row
    a.mov(RAX, R15);
    a.imul(RAX, RDX);
    a.mov(RSI, RSP);
    Label end = new Label();
    if (result == Result.GATED) {
      a.mov(R10, L.memory());
      unless(R10, Condition.EQUAL, 0, this::finishTiles, end);
    }
    a.mov(R8, R12);
    a.imul(R8, result.bytes);
    a.add(RAX, R8); // from the first element
    a.mov(R8, OUT.memory());
    a.add(R8, RAX);
    if (result == Result.ADDED) {
      a.mov(R9, THIRD.memory());
      a.add(R9, RAX);
    }
    writeRows();
    a.bind(end);
  }

  /** The same, half a line of each row of a tile; RAX: bytes of the rows before, RDX: of a row. */
  private void finishTiles() {
    a.add(RAX, OUT.memory());
    a.mov(R8, R12);
    a.shiftRight(R8, 1);
    a.shiftLeft(R8, 10); // two panels make up the rows of a tile
    a.add(R8, RAX);
    a.mov(RAX, R12);
    a.and(RAX, 1);
    a.shiftLeft(RAX, 5);
    a.add(R8, RAX);
    a.mov(R9, RDX);
    a.shiftLeft(R9, 4);
    a.sub(R9, TILE); // from the end of a tile to the next 16 rows
    a.mov(R10, RCX);
    a.mov(RAX, 16);
    a.cmp(RCX, RAX);
    a.cmov(Condition.ABOVE, RCX, RAX);
    a.sub(R10, RCX);
    a.mov(RDX, TILE_ROW);
    writeRows();
    Label end = new Label();
    a.mov(RCX, R10);
    a.cmp(RCX, 0);
    a.jump(Condition.EQUAL, end);
    a.add(R8, R9);
    writeRows();
    a.bind(end);
  }

  /** RCX rows of sums from RSI on, to R8 and RDX bytes further each time. */
  private void writeRows() {
    Label row = new Label();
    a.bind(row);
    a.load(0, at(RSI));
    a.load(1, at(RSI, TILE_ROW));
    write();
    a.add(R8, RDX);
    a.add(RSI, SUM_ROW);
    a.sub(RCX, 1);
    a.jump(Condition.NOT_EQUAL, row);
  }

  private void write() {
    switch (result) {
      case PLAIN -> {
        a.narrow(0, 1, 0);
        a.store(at(R8), 0);
      }
      case ADDED -> {
        for (int half = 0; half < 2; half++) {
          a.widen(2, at(R9, 32 * half));
          a.shiftLeft(2, 2, 16);
          a.add(half, half, 2);
        }
        a.narrow(0, 1, 0);
        a.store(at(R8), 0);
        a.add(R9, RDX);
      }
      case GATED -> {
        a.clear(2);
        a.subtract(2, 2, 0);
        a.multiply(2, 2, LOG2_E);
        exponential.emit(2, 3, 4);
        a.add(2, 2, ONE);
        a.divide(0, 0, 2); // silu(x) = x / (1 + exp(-x))
        a.multiply(0, 0, 1);
        a.narrow(0, 0);
        a.storeHalf(at(R8), 0);
      }
      case WIDE -> {
        a.store(at(R8), 0);
        a.store(at(R8, 64), 1);
      }
    }
  }
}
