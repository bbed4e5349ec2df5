package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.FIRST;
import static dev.millrace.engine.kernel.KernelArguments.I;
import static dev.millrace.engine.kernel.KernelArguments.J;
import static dev.millrace.engine.kernel.KernelArguments.L;
import static dev.millrace.engine.kernel.KernelArguments.OUT;
import static dev.millrace.engine.kernel.KernelArguments.SECOND;
import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.R10;
import static dev.millrace.engine.kernel.Register.R12;
import static dev.millrace.engine.kernel.Register.R14;
import static dev.millrace.engine.kernel.Register.R15;
import static dev.millrace.engine.kernel.Register.R8;
import static dev.millrace.engine.kernel.Register.R9;
import static dev.millrace.engine.kernel.Register.RAX;
import static dev.millrace.engine.kernel.Register.RCX;
import static dev.millrace.engine.kernel.Register.RSI;
import static dev.millrace.engine.kernel.Register.RSP;

import dev.millrace.engine.kernel.Assembler.Condition;
import dev.millrace.engine.kernel.Assembler.Label;

/**
 * RMS norm (Zhang and Sennrich, Root Mean Square Layer Normalization, 2019): x / sqrt(mean(x^2) +
 * epsilon), rounded to bfloat16, times the weight.
 *
 * <p>Arguments: {@code OUT} [rows, width], {@code FIRST} x [rows, width], {@code SECOND} the weight
 * [width], all bfloat16; {@code I} rows, {@code J} width, a multiple of 16; {@code L} 1 if OUT is
 * wanted in tiles, as {@link TileKernel} makes them. A piece of work is a row.
 */
final class NormKernel {
  private static final int VECTOR = 16;
  private static final int BYTES = VECTOR * Short.BYTES;
  private static final int LINE = 64;
  private static final int TILE_ROWS = 16;
  private static final int TILE = TILE_ROWS * LINE;
  private static final int EPSILON = 8; // vectors
  private static final int ONE = 9;

  private NormKernel() {}

  static void emit(Assembler a, float epsilon) {
    Frame.enter(a, 64);
    Exponential.constant(a, EPSILON, epsilon, at(RSP));
    Exponential.constant(a, ONE, 1, at(RSP));
    Label rows = new Label();
    Label done = new Label();
    a.bind(rows);
    KernelArguments.takePiece(a, R12, I, done);
    a.mov(R10, J.memory());
    a.add(R10, R10);
    target(a);
    a.imul(R12, R10); // bytes before the row
    squares(a);
    scale(a);
    write(a);
    a.jump(rows);
    a.bind(done);
    Frame.leave(a);
  }

  /** R8: where row R12 is written; R15: from there to 32 elements later. */
  private static void target(Assembler a) {
    Label known = new Label();
    a.mov(R8, R12);
    a.mov(RAX, 0);
    a.mov(R15, LINE);
    a.mov(RCX, L.memory());
    a.cmp(RCX, 0);
    a.jump(Condition.EQUAL, known);
    a.and(R8, -TILE_ROWS);
    a.mov(RAX, R12);
    a.and(RAX, TILE_ROWS - 1);
    a.shiftLeft(RAX, 6);
    a.mov(R15, TILE);
    a.bind(known);
    a.imul(R8, R10);
    a.add(R8, RAX);
    a.add(R8, OUT.memory());
  }

  /** The sum of the row's squares, in each element of vector 0. */
  private static void squares(Assembler a) {
    a.clear(0);
    a.mov(RSI, FIRST.memory());
    a.add(RSI, R12);
    forEachVector(
        a,
        () -> {
          a.widen(1, at(RSI));
          a.shiftLeft(1, 1, 16);
          a.multiply(1, 1, 1);
          a.add(0, 0, 1);
          a.add(RSI, BYTES);
        });
    for (int order : new int[] {0x4E, 0xB1}) { // halves, then quarters change places
      a.permuteFours(1, 0, order);
      a.add(0, 0, 1);
    }
    for (int order : new int[] {0x4E, 0xB1}) {
      a.permuteWithinFours(1, 0, order);
      a.add(0, 0, 1);
    }
  }

  /** Vector 0: what the row is multiplied with. */
  private static void scale(Assembler a) {
    a.integer(1, J.memory());
    a.divide(0, 0, 1);
    a.add(0, 0, EPSILON);
    a.squareRoot(0, 0);
    a.divide(0, ONE, 0);
  }

  private static void write(Assembler a) {
    a.mov(RSI, FIRST.memory());
    a.add(RSI, R12);
    a.mov(R9, SECOND.memory());
    a.mov(R14, BYTES); // to the other half of the line, and then to the next line
    forEachVector(
        a,
        () -> {
          a.widen(1, at(RSI));
          a.shiftLeft(1, 1, 16);
          a.multiply(1, 1, 0);
          a.narrow(1, 1);
          a.widen(1, 1);
          a.shiftLeft(1, 1, 16);
          a.widen(2, at(R9));
          a.shiftLeft(2, 2, 16);
          a.multiply(1, 1, 2);
          a.narrow(1, 1);
          a.storeHalf(at(R8), 1);
          a.add(RSI, BYTES);
          a.add(R8, R14);
          a.mov(RAX, R15);
          a.sub(RAX, R14);
          a.mov(R14, RAX);
          a.add(R9, BYTES);
        });
  }

  private static void forEachVector(Assembler a, Runnable body) {
    a.mov(RCX, R10);
    Label vector = new Label();
    a.bind(vector);
    body.run();
    a.sub(RCX, BYTES);
    a.jump(Condition.NOT_EQUAL, vector);
  }
}
