package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.FIRST;
import static dev.millrace.engine.kernel.KernelArguments.I;
import static dev.millrace.engine.kernel.KernelArguments.J;
import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.R10;
import static dev.millrace.engine.kernel.Register.R11;
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
 * A {@link LinearKernel} on AMX's tiles. A thread multiplies a panel with 32 rows of x at a time:
 *
 * <pre>
 *               B0      B1       the panel's two tiles
 *   A0  rows  0 C00     C01
 *   A1  rows 16 C10     C11
 * </pre>
 *
 * <p>Memory gives a processor more if it is asked for several of its pages at a time: half as much
 * again, where it was measured. So where the inputs are a multiple of 1024, what is asked for ahead
 * are lines of 16 pages in turn.
 */
final class TileLinearKernel extends LinearKernel {
  private static final int C00 = 0;
  private static final int C01 = 1;
  private static final int C10 = 2;
  private static final int C11 = 3;
  private static final int A0 = 4;
  private static final int A1 = 5;
  private static final int B0 = 6;
  private static final int B1 = 7;

  /** Weights are asked for so far ahead if nothing is known of the inputs. */
  private static final int NEAR = 8 * PANEL_STEP;

  /** And rows of x so far, from one cache into the next. */
  private static final int ROWS_NEAR = 4 * TILE;

  /** The steps of 32 inputs in which two lines of each page of weights are asked for. */
  private static final int REGION = 32;

  private static final int REGION_INPUTS = 32 * REGION;
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

  private static final int FULL_SHAPES = OWN;
  private static final int TAIL_SHAPES = FULL_SHAPES + TileShapes.BYTES;
  private static final int FRAME = TAIL_SHAPES + TileShapes.BYTES;

  private TileLinearKernel(Assembler assembler, Result result) {
    super(assembler, result);
  }

  static void emit(Assembler assembler, Result result) {
    new TileLinearKernel(assembler, result).emit();
  }

  @Override
  int frame() {
    return FRAME;
  }

  @Override
  void prepare() {
    shapes();
    a.mov(R13, 0); // the tile shapes in use
    a.mov(R11, TILE_ROW);
  }

  @Override
  void release() {
    a.releaseTiles();
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

  /** R15: the first of the next 32 rows. */
  @Override
  void multiplyPanel() {
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
}
