package dev.millrace.engine.kernel;

/**
 * Two to the power of a vector's elements: 2^x = 2^n * 2^f with n the largest integer up to x, and
 * 2^f a polynomial that is right at the zeros of a Chebyshev polynomial. It is off by 2 (ln 2 /
 * 4)^(d + 1) / (d + 1)! of it at most, about, if d is its degree.
 */
final class Exponential {
  static final float LOG2_E = (float) (1 / Math.log(2));

  /** The degree that float32 can tell from the truth. */
  static final int EXACT = 5;

  /** The degree for what becomes bfloat16: off by a fiftieth of its last bit. */
  static final int SHORT = 3;

  private final Assembler assembler;
  private final int firstConstant;
  private final int degree;

  /**
   * Writes code that loads the constants into vector registers, one more than the degree.
   *
   * @param firstConstant the first of them
   * @param scratch eight bytes of memory; RAX is overwritten
   */
  Exponential(Assembler assembler, int degree, int firstConstant, Memory scratch) {
    this.assembler = assembler;
    this.degree = degree;
    this.firstConstant = firstConstant;
    double[] coefficients = coefficients(degree);
    for (int k = 0; k <= degree; k++) {
      constant(assembler, firstConstant + k, (float) coefficients[k], scratch);
    }
  }

  /** Writes code that fills a vector with a number; RAX is overwritten. */
  static void constant(Assembler assembler, int target, float value, Memory scratch) {
    assembler.mov(Register.RAX, Integer.toUnsignedLong(Float.floatToIntBits(value)));
    assembler.mov(scratch, Register.RAX);
    assembler.broadcast(target, scratch);
  }

  /** Writes code for x = 2^x; the vector registers f and p are overwritten. */
  void emit(int x, int f, int p) {
    assembler.fraction(f, x);
    assembler.move(p, firstConstant + degree);
    for (int k = degree - 1; k >= 0; k--) {
      assembler.multiplyThenAdd(p, f, firstConstant + k);
    }
    assembler.scale(x, p, x);
  }

  /** Of the polynomial through 2^f at Chebyshev's points of [0, 1], by divided differences. */
  private static double[] coefficients(int degree) {
    int points = degree + 1;
    double[] at = new double[points];
    double[] difference = new double[points];
    for (int i = 0; i < points; i++) {
      at[i] = (1 + Math.cos(Math.PI * (i + 0.5) / points)) / 2;
      difference[i] = Math.pow(2, at[i]);
    }
    for (int order = 1; order < points; order++) {
      for (int i = degree; i >= order; i--) {
        difference[i] = (difference[i] - difference[i - 1]) / (at[i] - at[i - order]);
      }
    }
    double[] coefficients = new double[points];
    for (int i = degree; i >= 0; i--) { // times (f - at[i]), plus the difference
      for (int k = degree; k > 0; k--) {
        coefficients[k] = coefficients[k - 1] - at[i] * coefficients[k];
      }
      coefficients[0] = difference[i] - at[i] * coefficients[0];
    }
    return coefficients;
  }
}
