package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.FIRST;
import static dev.millrace.engine.kernel.KernelArguments.I;
import static dev.millrace.engine.kernel.KernelArguments.J;
import static dev.millrace.engine.kernel.KernelArguments.K;
import static dev.millrace.engine.kernel.KernelArguments.L;
import static dev.millrace.engine.kernel.KernelArguments.NEXT;
import static dev.millrace.engine.kernel.KernelArguments.OUT;
import static dev.millrace.engine.kernel.KernelArguments.SECOND;
import static dev.millrace.engine.kernel.KernelArguments.THIRD;
import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.R10;
import static dev.millrace.engine.kernel.Register.R11;
import static dev.millrace.engine.kernel.Register.R12;
import static dev.millrace.engine.kernel.Register.R13;
import static dev.millrace.engine.kernel.Register.R14;
import static dev.millrace.engine.kernel.Register.R15;
import static dev.millrace.engine.kernel.Register.R8;
import static dev.millrace.engine.kernel.Register.R9;
import static dev.millrace.engine.kernel.Register.RAX;
import static dev.millrace.engine.kernel.Register.RBX;
import static dev.millrace.engine.kernel.Register.RCX;
import static dev.millrace.engine.kernel.Register.RDX;
import static dev.millrace.engine.kernel.Register.RSI;
import static dev.millrace.engine.kernel.Register.RSP;

import dev.millrace.engine.kernel.Assembler.Condition;
import dev.millrace.engine.kernel.Assembler.Label;

/**
 * A linear layer in bfloat16 on AMX's tiles, for any number of rows: each weight is read once,
 * ahead of its use, so that multiplying hides behind memory.
 *
 * <p>Arguments: {@code OUT} [rows, outputs], {@code FIRST} x [rows, inputs], {@code SECOND} the
 * weights, {@code THIRD} what is added [rows, outputs] if anything is; {@code I} rows, {@code J}
 * inputs, {@code K} panels, {@code L} 1 if the gated result is wanted in tiles. Several rows of x
 * whose inputs are a multiple of 1024 come in tiles, as {@link TileKernel} makes them.
 *
 * <p>A panel is the weights of 32 outputs, as [inputs / 32, 2, 16, 16, 2]: for 32 inputs two tiles
 * of 16 outputs, and in each, 16 pairs of inputs by output. A thread multiplies a panel with 32
 * rows of x at a time:
 *
 * <pre>
 *               B0      B1       the panel's two tiles
 *   A0  rows  0 C00     C01
 *   A1  rows 16 C10     C11
 * </pre>
 *
 * What a row becomes does not depend on the other rows: each element is the sum over the inputs, 32
 * at a time from the first to the last.
 *
 * <p>Memory gives a processor more if it is asked for several of its pages at a time: half as much
 * again, where it was measured. So where the inputs are a multiple of 1024, what is asked for ahead
 * are lines of 16 pages in turn; and a thread knows which panel it will be at next, to ask for
 * that.
 */
final class LinearKernel {
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

  private static final int C00 = 0;
  private static final int C01 = 1;
  private static final int C10 = 2;
  private static final int C11 = 3;
  private static final int A0 = 4;
  private static final int A1 = 5;
  private static final int B0 = 6;
  private static final int B1 = 7;

  /** Of a tile, of a row of a tile, and of a panel's tiles for 32 inputs. */
  private static final int TILE = 1024;

  private static final int TILE_ROW = 64;
  private static final int PANEL_STEP = 2 * TILE;

  /** Weights are asked for so far ahead if nothing is known of the inputs. */
  private static final int NEAR = 8 * PANEL_STEP;

  /** And rows of x so far, from one cache into the next. */
  private static final int ROWS_NEAR = 4 * TILE;

  /** The steps of 32 inputs in which two lines of each page of weights are asked for. */
  private static final int REGION = 32;

  private static final int REGION_INPUTS = 32 * REGION;
  private static final int LINE = 64;
  private static final int PAGE = 2 * LINE * REGION;

  /** Lines of the next weights per step, where the rows are few enough to need all of them. */
  private static final int ALL_LINES = PANEL_STEP / LINE;

  /** What a thread asks memory for while it multiplies. */
  private sealed interface Ahead {
    /** Nothing: the panel is in the cache, and the next one, too. */
    record Nothing() implements Ahead {}

    /** The panel itself, some steps ahead, one line after the other. */
    record Near() implements Ahead {}

    /** The panel itself, a region ahead; at its end, the first of the next. */
    record Region() implements Ahead {}

    /** The next panel, so many lines in a step. */
    record Next(int lines) implements Ahead {}
  }

  /** A piece of work has at least so many inputs, of 32 outputs each: 64 kB of weights. */
  private static final int INPUTS_AT_A_TIME = 1024;

  // The frame on the stack, from RSP: sums [32, 32] in float32, tile shapes, and numbers.
  private static final int SUM_ROW = 2 * TILE_ROW;
  private static final int FULL_SHAPES = 32 * SUM_ROW;
  private static final int TAIL_SHAPES = FULL_SHAPES + TileShapes.BYTES;
  private static final int NUMBERS = TAIL_SHAPES + TileShapes.BYTES;
  private static final Memory SCRATCH = at(RSP, NUMBERS);
  private static final Memory PANELS = at(RSP, NUMBERS + 8); // in a piece of work
  private static final Memory END = at(RSP, NUMBERS + 16); // of this piece
  private static final Memory TAKEN = at(RSP, NUMBERS + 24); // the first panel of the next
  private static final Memory NEXT_PANEL = at(RSP, NUMBERS + 32); // its weights, or these again
  private static final int FRAME = NUMBERS + 64;

  private static final int EXPONENTIAL = 16;
  private static final int ONE = 23;
  private static final int LOG2_E = 24;

  private final Assembler a;
  private final Result result;
  private Exponential exponential;

  private LinearKernel(Assembler assembler, Result result) {
    this.a = assembler;
    this.result = result;
  }

  static void emit(Assembler assembler, Result result) {
    new LinearKernel(assembler, result).emit();
  }

  /**
   * A function that takes a thread's first piece of a call of this kernel, RAX, before the kernel
   * may run, and asks memory for the weights it begins with.
   */
  static void emitAhead(Assembler assembler) {
    new LinearKernel(assembler, Result.PLAIN).ahead();
  }

  private void ahead() {
    Label line = new Label();
    Label end = new Label();
    pieces();
    a.fetchAndAdd(NEXT.memory(), RCX);
    a.mov(RAX, RCX);
    a.cmp(RAX, K.memory());
    a.jump(Condition.NOT_BELOW, end);
    weights(RCX);
    a.mov(RDX, PAGE / LINE);
    a.bind(line);
    for (int page = 0; page < INPUTS_AT_A_TIME * TILE_ROW / PAGE; page++) {
      a.prefetchFar(at(RCX, page * PAGE));
    }
    a.add(RCX, LINE);
    a.sub(RDX, 1);
    a.jump(Condition.NOT_EQUAL, line);
    a.bind(end);
    a.ret();
  }

  private void emit() {
    Frame.enter(a, FRAME);
    if (result == Result.GATED) {
      exponential = new Exponential(a, Exponential.EXACT, EXPONENTIAL, SCRATCH);
      Exponential.constant(a, ONE, 1, SCRATCH);
      Exponential.constant(a, LOG2_E, Exponential.LOG2_E, SCRATCH);
    }
    shapes();
    a.mov(R13, 0); // the tile shapes in use
    a.mov(R11, TILE_ROW);
    Label pieces = new Label();
    Label done = new Label();
    pieces();
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
    panel();
    a.add(R12, 1);
    a.cmp(R12, END);
    a.jump(Condition.BELOW, panel);
    a.jump(pieces);
    a.bind(done);
    Frame.leave(a);
  }

  /** Tiles of 16 rows; and for the last rows, where they are not 32, tiles of so many. */
  private void shapes() {
    TileShapes.emit(a, FULL_SHAPES);
    TileShapes.emit(a, TAIL_SHAPES);
    a.mov(RAX, I.memory());
    a.and(RAX, 31);
    a.mov(RCX, 16);
    a.cmp(RAX, RCX);
    a.cmov(Condition.BELOW, RCX, RAX);
    TileShapes.rows(a, TAIL_SHAPES, RCX, C00, C01, A0);
    a.sub(RAX, RCX);
    TileShapes.rows(a, TAIL_SHAPES, RAX, C10, C11, A1);
  }

  /** RCX: how many panels are taken together; small ones are. */
  private void pieces() {
    Label twice = new Label();
    Label enough = new Label();
    a.mov(RCX, 1);
    a.mov(RAX, J.memory());
    a.bind(twice);
    a.cmp(RAX, INPUTS_AT_A_TIME);
    a.jump(Condition.NOT_BELOW, enough);
    a.add(RAX, RAX);
    a.add(RCX, RCX);
    a.jump(twice);
    a.bind(enough);
  }

  /** Takes a piece of work, ahead of its time. */
  private void take() {
    a.mov(RAX, PANELS);
    a.fetchAndAdd(NEXT.memory(), RAX);
    a.mov(TAKEN, RAX);
  }

  /** Turns a panel's number into the address of its weights. */
  private void weights(Register panel) {
    a.imul(panel, J.memory());
    a.shiftLeft(panel, 6);
    a.add(panel, SECOND.memory());
  }

  /** R14: the panel's weights, R15: the first of the next 32 rows. */
  private void panel() {
    a.mov(R14, R12);
    weights(R14);
    a.mov(RAX, TAKEN);
    a.cmp(RAX, K.memory());
    a.cmov(Condition.NOT_BELOW, RAX, R12);
    weights(RAX);
    a.mov(NEXT_PANEL, RAX);
    a.mov(R15, 0);
    Label rows = new Label();
    Label tail = new Label();
    Label multiply = new Label();
    Label end = new Label();

    a.bind(rows);
    a.mov(RCX, I.memory());
    a.sub(RCX, R15); // rows left
    a.jump(Condition.EQUAL, end);
    a.mov(RAX, 32);
    a.cmp(RCX, RAX);
    a.jump(Condition.BELOW, tail);
    a.mov(RCX, RAX);
    a.lea(RAX, at(RSP, FULL_SHAPES));
    a.jump(multiply);
    a.bind(tail);
    a.lea(RAX, at(RSP, TAIL_SHAPES));

    a.bind(multiply); // RCX: rows of this time, RAX: their tiles' shapes
    Label shaped = new Label();
    a.cmp(RAX, R13);
    a.jump(Condition.EQUAL, shaped);
    a.loadTileShapes(at(RAX));
    a.mov(R13, RAX);
    a.bind(shaped);
    operands();
    Label finish = new Label();
    products(finish);
    a.bind(finish);
    finish();
    a.add(R15, 32);
    a.cmp(R15, I.memory());
    a.jump(Condition.BELOW, rows);
    a.bind(end);
  }

  /** RSI and R8: the two tiles of x, RDX: bytes from row to row, R9: the weights. */
  private void operands() {
    a.mov(RDX, J.memory());
    a.add(RDX, RDX);
    a.mov(RSI, R15);
    a.imul(RSI, RDX);
    a.add(RSI, FIRST.memory());
    a.mov(R8, RDX);
    a.shiftLeft(R8, 4);
    a.add(R8, RSI);
    a.mov(R9, R14);
  }

  /** Chooses how to multiply RCX rows, and goes on at `finish`. */
  private void products(Label finish) {
    Label few = new Label();
    Label regions = new Label();
    Label fewInRegions = new Label();
    a.mov(RAX, J.memory());
    a.and(RAX, REGION_INPUTS - 1);
    a.cmp(RCX, 16);
    a.jump(Condition.NOT_ABOVE, few);
    a.cmp(RAX, 0);
    a.jump(Condition.EQUAL, regions);
    unless(R15, Condition.NOT_EQUAL, 0, () -> products(true, false, new Ahead.Near()), finish);
    products(true, false, new Ahead.Nothing());
    a.jump(finish);

    a.bind(few);
    a.cmp(RAX, 0);
    a.jump(Condition.EQUAL, fewInRegions);
    products(false, false, new Ahead.Near());
    a.jump(finish);

    a.bind(fewInRegions);
    a.mov(RAX, I.memory());
    unless(RAX, Condition.ABOVE, 1, () -> products(false, false, new Ahead.Region()), finish);
    unless(RAX, Condition.ABOVE, 16, () -> products(false, true, new Ahead.Region()), finish);
    products(false, true, new Ahead.Nothing());
    a.jump(finish);

    a.bind(regions);
    a.mov(RAX, I.memory());
    unless(RAX, Condition.ABOVE, 32, () -> products(true, true, new Ahead.Region()), finish);
    a.add(RAX, 15);
    a.shiftRight(RAX, 5); // how often more than 16 rows are multiplied
    Label cached = new Label();
    for (int times = 16; times > 0; times /= 2) {
      int lines = ALL_LINES / times;
      int end = 32 * times;
      Runnable multiply =
          () -> {
            a.cmp(R15, end);
            a.jump(Condition.NOT_BELOW, cached);
            products(true, true, new Ahead.Next(lines));
          };
      unless(RAX, Condition.BELOW, times, multiply, finish);
    }
    a.bind(cached);
    products(true, true, new Ahead.Nothing());
  }

  private void unless(
      Register left, Condition condition, int right, Runnable action, Label afterwards) {
    Label otherwise = new Label();
    a.cmp(left, right);
    a.jump(condition, otherwise);
    action.run();
    a.jump(afterwards);
    a.bind(otherwise);
  }

  /**
   * @param both whether there are more than 16 rows
   * @param tiled whether x is in tiles
   */
  private void products(boolean both, boolean tiled, Ahead ahead) {
    a.zeroTile(C00);
    a.zeroTile(C01);
    if (both) {
      a.zeroTile(C10);
      a.zeroTile(C11);
    }
    if (tiled) {
      a.mov(RDX, TILE_ROW);
    }
    if (ahead instanceof Ahead.Region || ahead instanceof Ahead.Next) {
      regions(both, tiled, ahead);
    } else {
      a.mov(R10, J.memory());
      a.shiftRight(R10, 5);
      steps(R10, both, tiled, ahead);
    }
    a.mov(RAX, SUM_ROW);
    a.storeTile(at(RSP, RAX, 1, 0), C00);
    a.storeTile(at(RSP, RAX, 1, TILE_ROW), C01);
    if (both) {
      a.storeTile(at(RSP, RAX, 1, 16 * SUM_ROW), C10);
      a.storeTile(at(RSP, RAX, 1, 16 * SUM_ROW + TILE_ROW), C11);
    }
  }

  /** All steps, a region at a time. RAX: the weights to ask for. */
  private void regions(boolean both, boolean tiled, Ahead ahead) {
    if (ahead instanceof Ahead.Next next) {
      a.mov(RAX, R15);
      a.imul(RAX, J.memory());
      a.imul(RAX, next.lines);
      a.shiftRight(RAX, 4); // what the rows before asked for
      a.add(RAX, NEXT_PANEL);
    }
    a.mov(R10, J.memory());
    a.shiftRight(R10, 10);
    Label region = new Label();
    a.bind(region);
    if (ahead instanceof Ahead.Region) {
      Label within = new Label();
      a.lea(RAX, at(R9, REGION * PANEL_STEP));
      a.cmp(R10, 1);
      a.jump(Condition.NOT_EQUAL, within);
      a.mov(RAX, NEXT_PANEL);
      a.bind(within);
    }
    a.mov(RBX, REGION);
    steps(RBX, both, tiled, ahead);
    if (ahead instanceof Ahead.Next next && pages(next) > 1) {
      a.add(RAX, (pages(next) - 1) * PAGE);
    }
    a.sub(R10, 1);
    a.jump(Condition.NOT_EQUAL, region);
  }

  /** So many steps as the register says. */
  private void steps(Register count, boolean both, boolean tiled, Ahead ahead) {
    Label step = new Label();
    a.bind(step);
    a.loadTile(A0, at(RSI, RDX));
    a.loadTile(B0, at(R9, R11));
    prefetch(ahead);
    a.multiplyTiles(C00, A0, B0);
    a.loadTile(B1, at(R9, R11, 1, TILE));
    a.multiplyTiles(C01, A0, B1);
    if (tiled) {
      prefetchRows(RSI);
    }
    if (both) {
      a.loadTile(A1, at(R8, RDX));
      if (tiled) {
        prefetchRows(R8);
      }
      a.multiplyTiles(C10, A1, B0);
      a.multiplyTiles(C11, A1, B1);
      a.add(R8, tiled ? TILE : TILE_ROW);
    }
    a.add(RSI, tiled ? TILE : TILE_ROW);
    a.add(R9, PANEL_STEP);
    a.sub(count, 1);
    a.jump(Condition.NOT_EQUAL, step);
  }

  private void prefetch(Ahead ahead) {
    if (ahead instanceof Ahead.Near) {
      for (int line = 0; line < PANEL_STEP; line += LINE) {
        a.prefetch(at(R9, NEAR + line));
      }
    } else if (ahead instanceof Ahead.Region || ahead instanceof Ahead.Next) {
      for (int line = 0; line < 2; line++) {
        for (int page = 0; page < pages(ahead); page++) {
          a.prefetchFar(at(RAX, line * LINE + page * PAGE));
        }
      }
      a.add(RAX, 2 * LINE);
    }
  }

  /** Of which lines are asked for in a step. */
  private static int pages(Ahead ahead) {
    return (ahead instanceof Ahead.Next next ? next.lines : ALL_LINES) / 2;
  }

  private void prefetchRows(Register tile) {
    for (int row = 0; row < TILE; row += TILE_ROW) {
      a.prefetch(at(tile, ROWS_NEAR + row));
    }
  }

  /** Writes the sums of RCX rows where they belong. */
  private void finish() {
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
