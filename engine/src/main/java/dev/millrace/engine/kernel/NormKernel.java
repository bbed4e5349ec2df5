package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.FIRST;
import static dev.millrace.engine.kernel.KernelArguments.I;
import static dev.millrace.engine.kernel.KernelArguments.J;
import static dev.millrace.engine.kernel.KernelArguments.NEXT;
import static dev.millrace.engine.kernel.KernelArguments.OUT;
import static dev.millrace.engine.kernel.KernelArguments.SECOND;
import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.R10;
import static dev.millrace.engine.kernel.Register.R12;
import static dev.millrace.engine.kernel.Register.R8;
import static dev.millrace.engine.kernel.Register.R9;
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
 * [width], all bfloat16; {@code I} rows, {@code J} width, a multiple of 16. A piece of work is a
 * row.
 */
final class NormKernel {
  private static final int VECTOR = 16;
  private static final int BYTES = VECTOR * Short.BYTES;
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
    a.mov(R12, 1);
    a.fetchAndAdd(NEXT.memory(), R12);
    a.cmp(R12, I.memory());
    a.jump(Condition.NOT_BELOW, done);
    a.mov(R10, J.memory());
    a.add(R10, R10);
    a.imul(R12, R10); // bytes before the row
    squares(a);
    scale(a);
    write(a);
    a.jump(rows);
    a.bind(done);
    Frame.leave(a);
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
    a.mov(R8, OUT.memory());
    a.add(R8, R12);
    a.mov(R9, SECOND.memory());
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
          a.add(R8, BYTES);
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
