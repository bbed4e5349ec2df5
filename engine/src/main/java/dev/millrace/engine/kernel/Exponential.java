package dev.millrace.engine.kernel;

/**
 * Two to the power of a vector's elements: 2^x = 2^n * 2^f with n = round(x), and 2^f the first
 * seven terms of its series, the sum of (f ln 2)^k / k!, which for |f| up to 1/2 is off by 1.2e-7
 * of it at most.
 */
final class Exponential {
  static final float LOG2_E = (float) (1 / Math.log(2));

  private static final int DEGREE = 6;

  private final Assembler assembler;
  private final int firstConstant;

  /**
   * Writes code that loads the constants into seven vector registers.
   *
   * @param firstConstant the first of them
   * @param scratch eight bytes of memory; RAX is overwritten
   */
  Exponential(Assembler assembler, int firstConstant, Memory scratch) {
    this.assembler = assembler;
    this.firstConstant = firstConstant;
    double coefficient = 1;
    for (int k = 0; k <= DEGREE; k++) {
      constant(assembler, firstConstant + k, (float) coefficient, scratch);
      coefficient *= Math.log(2) / (k + 1);
    }
  }

  /** Writes code that fills a vector with a number; RAX is overwritten. */
  static void constant(Assembler assembler, int target, float value, Memory scratch) {
    assembler.mov(Register.RAX, Integer.toUnsignedLong(Float.floatToIntBits(value)));
    assembler.mov(scratch, Register.RAX);
    assembler.broadcast(target, scratch);
  }

  /** Writes code for x = 2^x; the vector registers n and p are overwritten. */
  void emit(int x, int n, int p) {
    assembler.round(n, x);
    assembler.subtract(x, x, n);
    assembler.move(p, firstConstant + DEGREE);
    for (int k = DEGREE - 1; k >= 0; k--) {
      assembler.multiplyThenAdd(p, x, firstConstant + k);
    }
    assembler.scale(x, p, n);
  }
}
