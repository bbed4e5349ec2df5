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
import java.util.function.IntConsumer;

/**
 * A {@link LinearKernel} on vectors' products of pairs of bfloat16, without AMX. Eight rows of x
 * are multiplied with a panel at a time, so that their sums stay in registers: each pair of a row's
 * inputs, 16 times in a vector, meets that pair of 32 outputs' weights.
 *
 * <p>A panel is taken in chunks of 1024 inputs, 64 kB, that stay in the second cache while up to 32
 * rows are multiplied with them; of those, the first rows also bring the next chunk there, each its
 * share.
 */
final class VectorLinearKernel extends LinearKernel {
  /** Rows whose sums fit the registers. */
  private static final int GROUP = 8;

  /** Inputs of a step are those of a tile; so many pairs are multiplied without a jump. */
  private static final int PAIRS_IN_STEP = 16;

  private static final int PAIRS = 4;
  private static final int PAIR = 2 * Short.BYTES;

  private static final int CHUNK_STEPS = 32;
  private static final int CHUNK = CHUNK_STEPS * PANEL_STEP;
  private static final int LINES_IN_STEP = PANEL_STEP / LINE;

  // Vectors: first the sums, two for each row. 16 to 24 are LinearKernel's.
  private static final int WEIGHTS = 25;
  private static final int INPUTS = 27;
  private static final int MOST_INPUTS = 5;

  // The frame on the stack, from RSP.
  private static final Memory STRIDE = at(RSP, OWN); // from one row of x to the next
  private static final Memory STEP = at(RSP, OWN + 8); // on to a row's next 32 inputs
  private static final Memory REST = at(RSP, OWN + 56); // of a step, when its pairs are done
  private static final Memory TOGETHER = at(RSP, OWN + 16); // rows
  private static final Memory STEPS_LEFT = at(RSP, OWN + 24); // of the panel
  private static final Memory STEPS = at(RSP, OWN + 32); // of the chunk
  private static final Memory CHUNK_ROWS = at(RSP, OWN + 40); // the first row of x, in the chunk
  private static final Memory CHUNK_WEIGHTS = at(RSP, OWN + 48);
  private static final int FRAME = OWN + 64;

  private VectorLinearKernel(Assembler assembler, Result result) {
    super(assembler, result);
  }

  static void emit(Assembler assembler, Result result) {
    new VectorLinearKernel(assembler, result).emit();
  }

  @Override
  int frame() {
    return FRAME;
  }

  @Override
  void release() {}

  /** How x lies in memory: in tiles, two groups of rows to a tile, or row after row. */
  @Override
  void prepare() {
    Label tiles = new Label();
    Label rows = new Label();
    Label end = new Label();
    a.mov(RAX, I.memory());
    a.cmp(RAX, 1);
    a.jump(Condition.EQUAL, rows);
    a.mov(RAX, J.memory());
    a.and(RAX, CHUNK_STEPS * 32 - 1);
    a.cmp(RAX, 0);
    a.jump(Condition.EQUAL, tiles);

    a.bind(rows);
    a.mov(RAX, J.memory());
    a.add(RAX, RAX);
    a.mov(STRIDE, RAX);
    a.mov(RAX, TILE_ROW);
    a.mov(STEP, RAX);
    a.jump(end);

    a.bind(tiles);
    a.mov(RAX, TILE_ROW);
    a.mov(STRIDE, RAX);
    a.mov(RAX, TILE);
    a.mov(STEP, RAX);
    a.bind(end);
    a.sub(RAX, TILE_ROW);
    a.mov(REST, RAX);
  }

  /** R15: the first of the next 32 rows. */
  @Override
  void multiplyPanel() {
    Label rows = new Label();
    a.mov(R15, 0);
    a.bind(rows);
    a.mov(RAX, R15);
    a.imul(RAX, J.memory());
    a.add(RAX, RAX);
    a.add(RAX, FIRST.memory());
    a.mov(CHUNK_ROWS, RAX);
    a.mov(CHUNK_WEIGHTS, R14);
    a.mov(RAX, J.memory());
    a.shiftRight(RAX, 5);
    a.mov(STEPS_LEFT, RAX);
    rowsTogether();
    Label chunk = new Label();
    a.bind(chunk);
    chunk();
    a.mov(RAX, STEPS_LEFT);
    a.cmp(RAX, 0);
    a.jump(Condition.NOT_EQUAL, chunk);
    a.mov(RCX, TOGETHER);
    finish();
    a.add(R15, ROWS);
    a.cmp(R15, I.memory());
    a.jump(Condition.BELOW, rows);
  }

  /** How many rows are multiplied together, from R15 on. */
  private void rowsTogether() {
    a.mov(RCX, I.memory());
    a.sub(RCX, R15);
    a.mov(RAX, ROWS);
    a.cmp(RCX, RAX);
    a.cmov(Condition.ABOVE, RCX, RAX);
    a.mov(TOGETHER, RCX);
  }

  /** Adds a chunk's products to the sums. R11: what to ask memory for. */
  private void chunk() {
    a.mov(RAX, STEPS_LEFT);
    a.mov(RBX, RAX);
    a.mov(RCX, CHUNK_STEPS);
    a.cmp(RAX, RCX);
    a.cmov(Condition.ABOVE, RAX, RCX);
    a.mov(STEPS, RAX);
    a.sub(RBX, RAX);
    a.mov(STEPS_LEFT, RBX);
    a.mov(R11, CHUNK_WEIGHTS);
    a.add(R11, CHUNK);
    a.mov(RAX, NEXT_PANEL);
    a.cmp(RBX, 0);
    a.cmov(Condition.EQUAL, R11, RAX);
    a.mov(R13, 0);
    groups();
    a.mov(RCX, STEPS);
    a.mov(RAX, RCX);
    a.imul(RAX, PANEL_STEP);
    a.add(RAX, CHUNK_WEIGHTS);
    a.mov(CHUNK_WEIGHTS, RAX);
    a.imul(RCX, STEP);
    a.add(RCX, CHUNK_ROWS);
    a.mov(CHUNK_ROWS, RCX);
  }

  /** R13: rows that this chunk is done with. */
  private void groups() {
    Label done = new Label();
    Label later = new Label();
    Label last = new Label();
    a.mov(RCX, I.memory());
    for (int rows = 1; rows <= GROUP; rows++) {
      int count = rows;
      unless(RCX, Condition.NOT_EQUAL, rows, () -> onlyGroup(count), done);
    }
    a.mov(RCX, TOGETHER);
    a.cmp(R15, 0);
    a.jump(Condition.NOT_EQUAL, later); // the panel is in the cache
    for (int full = ROWS / GROUP; full > 0; full--) {
      int lines = (LINES_IN_STEP + full - 1) / full;
      unless(RCX, Condition.BELOW, full * GROUP, () -> fullGroups(lines), last);
    }
    a.bind(later);
    a.cmp(RCX, GROUP);
    a.jump(Condition.BELOW, last);
    fullGroups(0);
    a.bind(last);
    lastGroup();
    a.bind(done);
  }

  private void fullGroups(int lines) {
    Label group = new Label();
    a.bind(group);
    products(GROUP, lines);
    a.add(R13, GROUP);
    a.lea(RAX, at(R13, GROUP));
    a.cmp(RAX, TOGETHER);
    a.jump(Condition.NOT_ABOVE, group);
  }

  /** Those that do not fill a group. */
  private void lastGroup() {
    Label done = new Label();
    a.mov(RCX, TOGETHER);
    a.sub(RCX, R13);
    for (int rows = 1; rows < GROUP; rows++) {
      int count = rows;
      unless(RCX, Condition.NOT_EQUAL, rows, () -> products(count, 0), done);
    }
    a.bind(done);
  }

  /** So many rows from R13 on, and so many lines ahead in each step. */
  private void products(int rows, int lines) {
    int ahead = (lines * PAIRS + PAIRS_IN_STEP - 1) / PAIRS_IN_STEP;
    steps(
        rows,
        () -> {
          forEachPair(
              pair -> {
                a.load(WEIGHTS, at(RAX, pair * TILE_ROW));
                a.load(WEIGHTS + 1, at(RAX, TILE + pair * TILE_ROW));
                for (int row = 0; row < rows; row++) {
                  int input = INPUTS + row % MOST_INPUTS;
                  a.broadcast(input, row(row, pair * PAIR));
                  a.addPairProducts(2 * row, WEIGHTS, input);
                  a.addPairProducts(2 * row + 1, WEIGHTS + 1, input);
                }
                for (int line = pair; line < ahead; line += PAIRS) {
                  a.prefetchFar(at(R11, line * LINE));
                }
              },
              ahead * LINE);
          a.add(RAX, TILE);
        });
  }

  /**
   * The rows, if there are no more: weights are read once, in the order in which they lie in
   * memory, which the processor foresees better than anybody can ask for them.
   */
  private void onlyGroup(int rows) {
    steps(
        rows,
        () -> {
          for (int tile = 0; tile < 2; tile++) {
            int firstSum = tile;
            forEachPair(
                pair -> {
                  a.load(WEIGHTS, at(RAX, pair * TILE_ROW));
                  for (int row = 0; row < rows; row++) {
                    a.addPairProductsBroadcast(2 * row + firstSum, WEIGHTS, row(row, pair * PAIR));
                  }
                },
                0);
            if (tile == 0) {
              a.sub(R8, TILE_ROW);
              a.sub(R9, TILE_ROW);
            }
          }
        });
  }

  /** Adds to the sums of so many rows, step by step. */
  private void steps(int rows, Runnable body) {
    operands();
    sums(rows);
    Label step = new Label();
    a.mov(RBX, STEPS);
    a.bind(step);
    body.run();
    a.add(R8, REST);
    a.add(R9, REST);
    a.sub(RBX, 1);
    a.jump(Condition.NOT_EQUAL, step);
    for (int i = 0; i < 2 * rows; i++) {
      a.store(at(R10, i * TILE_ROW), i);
    }
  }

  /** Goes through the pairs of a tile, some of them without a jump, and so many bytes ahead. */
  private void forEachPair(IntConsumer body, int ahead) {
    Label pairs = new Label();
    a.mov(RCX, PAIRS_IN_STEP / PAIRS);
    a.bind(pairs);
    for (int pair = 0; pair < PAIRS; pair++) {
      body.accept(pair);
    }
    a.add(R8, PAIRS * PAIR);
    a.add(R9, PAIRS * PAIR);
    a.add(RAX, PAIRS * TILE_ROW);
    if (ahead > 0) {
      a.add(R11, ahead);
    }
    a.sub(RCX, 1);
    a.jump(Condition.NOT_EQUAL, pairs);
  }

  /**
   * RAX: weights, R8: the first row of x, R9: the fourth, R10: the sums, RDX, RSI: 1, 3 rows on.
   */
  private void operands() {
    a.mov(R8, R13);
    a.shiftRight(R8, 4);
    a.shiftLeft(R8, 5);
    a.imul(R8, J.memory()); // 16 rows are as many bytes as that, in tiles or not
    a.add(R8, CHUNK_ROWS);
    a.mov(RDX, STRIDE);
    a.mov(RAX, R13);
    a.and(RAX, GROUP);
    a.imul(RAX, RDX);
    a.add(R8, RAX);
    a.lea(RSI, at(RDX, RDX, 2, 0));
    a.lea(R9, at(R8, RSI));
    a.mov(R10, R13);
    a.imul(R10, SUM_ROW);
    a.add(R10, RSP);
    a.mov(RAX, CHUNK_WEIGHTS);
  }

  /** What the chunks before have made of the sums; nothing, if this is the first. */
  private void sums(int rows) {
    Label first = new Label();
    Label end = new Label();
    a.cmp(RAX, R14);
    a.jump(Condition.EQUAL, first);
    for (int i = 0; i < 2 * rows; i++) {
      a.load(i, at(R10, i * TILE_ROW));
    }
    a.jump(end);
    a.bind(first);
    for (int i = 0; i < 2 * rows; i++) {
      a.clear(i);
    }
    a.bind(end);
  }

  private static Memory row(int row, int displacement) {
    return switch (row) {
      case 0 -> at(R8, displacement);
      case 1 -> at(R8, RDX, 1, displacement);
      case 2 -> at(R8, RDX, 2, displacement);
      case 3 -> at(R9, displacement);
      case 4 -> at(R8, RDX, 4, displacement);
      case 5 -> at(R9, RDX, 2, displacement);
      case 6 -> at(R8, RSI, 2, displacement);
      case 7 -> at(R9, RDX, 4, displacement);
      default -> throw new IllegalArgumentException("a group has no row " + row);
    };
  }
}
