package dev.millrace.engine.kernel;

import static java.util.Objects.requireNonNull;

/**
 * An operand in memory: base + index * scale + displacement, in bytes.
 *
 * @param index RSP stands for none, as in the machine's own encoding
 * @param scale 1, 2, 4 or 8
 */
record Memory(Register base, Register index, int scale, int displacement) {
  Memory {
    requireNonNull(base);
    requireNonNull(index);
    if (Integer.bitCount(scale) != 1 || scale > 8) {
      throw new IllegalArgumentException("scale " + scale + " is not 1, 2, 4 or 8");
    }
  }

  static Memory at(Register base) {
    return at(base, 0);
  }

  static Memory at(Register base, int displacement) {
    return new Memory(base, Register.RSP, 1, displacement);
  }

  static Memory at(Register base, Register index) {
    return at(base, index, 1, 0);
  }

  static Memory at(Register base, Register index, int scale, int displacement) {
    if (index == Register.RSP) {
      throw new IllegalArgumentException("RSP cannot be an index");
    }
    return new Memory(base, index, scale, displacement);
  }
}
