package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.FIRST;
import static dev.millrace.engine.kernel.KernelArguments.I;
import static dev.millrace.engine.kernel.KernelArguments.J;
import static dev.millrace.engine.kernel.KernelArguments.OUT;
import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.R10;
import static dev.millrace.engine.kernel.Register.R12;
import static dev.millrace.engine.kernel.Register.R13;
import static dev.millrace.engine.kernel.Register.R14;
import static dev.millrace.engine.kernel.Register.R15;
import static dev.millrace.engine.kernel.Register.R9;
import static dev.millrace.engine.kernel.Register.RAX;
import static dev.millrace.engine.kernel.Register.RCX;
import static dev.millrace.engine.kernel.Register.RDX;
import static dev.millrace.engine.kernel.Register.RSI;
import static dev.millrace.engine.kernel.Register.RSP;

import dev.millrace.engine.kernel.Assembler.Condition;
import dev.millrace.engine.kernel.Assembler.Label;

/**
 * The largest element of each row, the first among equals, and whether all of the row are finite. A
 * row is read once for its maximum, all four quarters at a time: reading in several pages gets more
 * out of memory. Then the quarter that has the maximum is read again, from the cache, up to there.
 *
 * <p>Arguments: {@code OUT} [2, rows] in 64 bits, the elements' indices, and 1 or 0; {@code FIRST}
 * [rows, width] in float32; {@code I} rows, {@code J} width, 1 or more. A piece of work is a row.
 * Where some of a row are not numbers, the index is that of any element.
 */
final class GreedyKernel {
  private static final int VECTOR = 16;
  private static final int BYTES = VECTOR * Float.BYTES;
  private static final int QUARTERS = 4;

  private static final int LARGEST = 0; // vectors, one for each quarter
  private static final int PRODUCT = 4;
  private static final int VALUE = 8;
  private static final int MAXIMUM = 12;
  private static final int REST = 13; // what whole vectors leave of the row
  private static final int ZERO = 14;

  private static final int IN_REST = 1; // masks
  private static final int FOUND = 2;

  private GreedyKernel() {}

  static void emit(Assembler a) {
    Frame.enter(a, BYTES);
    a.clear(ZERO);
    maskRest(a);
    Label rows = new Label();
    Label done = new Label();
    a.bind(rows);
    KernelArguments.takePiece(a, R12, I, done);
    locate(a);
    survey(a);
    combine(a);
    writeFinite(a);
    find(a);
    a.jump(rows);
    a.bind(done);
    Frame.leave(a);
  }

  /** The lowest (width mod 16) elements. */
  private static void maskRest(Assembler a) {
    a.mov(RCX, J.memory());
    a.and(RCX, VECTOR - 1);
    a.mov(RAX, 1);
    a.shiftLeft(RAX);
    a.sub(RAX, 1);
    a.mask(IN_REST, RAX);
  }

  /**
   * R9: the row, R10: its end but for the rest, R13: the bytes of a quarter, R14: of three, R15:
   * the first quarter's end. What the rest has no elements for is filled with the row's first,
   * which changes neither the maximum nor where it is found first.
   */
  private static void locate(Assembler a) {
    a.mov(R9, J.memory());
    a.mov(R10, R9);
    a.mov(R13, R9);
    a.imul(R9, R12);
    a.shiftLeft(R9, 2);
    a.add(R9, FIRST.memory());
    a.shiftRight(R10, 4); // whole vectors
    a.shiftLeft(R10, 6);
    a.add(R10, R9);
    a.shiftRight(R13, 6); // whole vectors of a quarter
    a.shiftLeft(R13, 6);
    a.lea(R14, at(R13, R13, 2, 0));
    a.lea(R15, at(R9, R13));
    a.broadcast(REST, at(R9));
    a.load(REST, IN_REST, at(R10));
  }

  /** Beside the maxima sums of x * 0, which are 0 as long as all are finite. */
  private static void survey(Assembler a) {
    for (int i = 0; i < QUARTERS; i++) {
      a.move(LARGEST + i, REST);
      a.clear(PRODUCT + i);
    }
    a.addProduct(PRODUCT, REST, ZERO);
    Memory[] quarters = {at(RSI), at(RSI, R13), at(RSI, R13, 2, 0), at(RSI, R14)};
    a.mov(RSI, R9);
    forEachVector(
        a,
        R15,
        () -> {
          for (int i = 0; i < QUARTERS; i++) {
            survey(a, i, quarters[i]);
          }
        });
    a.add(RSI, R14);
    forEachVector(a, R10, () -> survey(a, 0, at(RSI))); // fewer than there are quarters
  }

  private static void survey(Assembler a, int quarter, Memory vector) {
    a.load(VALUE + quarter, vector);
    a.maximum(LARGEST + quarter, LARGEST + quarter, VALUE + quarter);
    a.addProduct(PRODUCT + quarter, VALUE + quarter, ZERO);
  }

  /** The maximum of the row in each element. */
  private static void combine(Assembler a) {
    a.move(MAXIMUM, LARGEST);
    for (int i = 1; i < QUARTERS; i++) {
      a.maximum(MAXIMUM, MAXIMUM, LARGEST + i);
      a.add(PRODUCT, PRODUCT, PRODUCT + i);
    }
    for (int order : new int[] {0x4E, 0xB1}) { // halves, then quarters change places
      a.permuteFours(VALUE, MAXIMUM, order);
      a.maximum(MAXIMUM, MAXIMUM, VALUE);
    }
    for (int order : new int[] {0x4E, 0xB1}) {
      a.permuteWithinFours(VALUE, MAXIMUM, order);
      a.maximum(MAXIMUM, MAXIMUM, VALUE);
    }
    // They are the same now unless some are not numbers; then, too, one element must do for all, so
    // that what fills the rest up is found nowhere but in the row's beginning.
    a.store(at(RSP), MAXIMUM);
    a.broadcast(MAXIMUM, at(RSP));
  }

  private static void writeFinite(Assembler a) {
    a.equal(FOUND, PRODUCT, PRODUCT);
    a.mask(RCX, FOUND);
    a.add(RCX, 1); // carries into bit 16 if all are
    a.shiftRight(RCX, VECTOR);
    a.mov(RDX, OUT.memory());
    a.mov(RAX, I.memory());
    a.lea(RDX, at(RDX, RAX, Long.BYTES, 0));
    a.mov(at(RDX, R12, Long.BYTES, 0), RCX);
  }

  private static void find(Assembler a) {
    Label quarter = new Label();
    Label found = new Label();
    Label write = new Label();
    a.mov(RSI, R9);
    for (int i = 0; i < QUARTERS - 1; i++) {
      a.equal(FOUND, MAXIMUM, LARGEST + i);
      jumpIfAny(a, quarter);
      a.add(RSI, R13);
    }
    a.bind(quarter);
    forEachVector(
        a,
        R10,
        () -> {
          a.equal(FOUND, MAXIMUM, at(RSI));
          jumpIfAny(a, found);
        });
    a.equal(FOUND, MAXIMUM, REST);
    jumpIfAny(a, found);
    a.mov(RAX, 0);
    a.jump(write);
    a.bind(found);
    a.lowestBit(RAX, RCX);
    a.sub(RSI, R9);
    a.shiftRight(RSI, 2);
    a.add(RAX, RSI);
    a.bind(write);
    a.mov(RDX, OUT.memory());
    a.mov(at(RDX, R12, Long.BYTES, 0), RAX);
  }

  private static void jumpIfAny(Assembler a, Label found) {
    a.mask(RCX, FOUND);
    a.cmp(RCX, 0);
    a.jump(Condition.NOT_EQUAL, found);
  }

  /** From RSI, which is moved, to the end. */
  private static void forEachVector(Assembler a, Register end, Runnable body) {
    Label next = new Label();
    Label done = new Label();
    a.bind(next);
    a.cmp(RSI, end);
    a.jump(Condition.NOT_BELOW, done);
    body.run();
    a.add(RSI, BYTES);
    a.jump(next);
    a.bind(done);
  }
}
