package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.RDI;

import dev.millrace.engine.kernel.Assembler.Condition;
import dev.millrace.engine.kernel.Assembler.Label;

/**
 * What a kernel is called with, by all threads of PyTorch's pool at once: RDI points to ten numbers
 * of 64 bits, the addresses of five tensors' first elements, four integers, and the number of the
 * next piece of work that nobody has taken yet. RSI is the piece that the thread has taken before,
 * or {@link #NO_PIECE}.
 */
enum KernelArguments {
  OUT(0),
  FIRST(1),
  SECOND(2),
  THIRD(3),
  FOURTH(4),
  I(5),
  J(6),
  K(7),
  L(8),
  NEXT(9);

  static final int NO_PIECE = -1;
  static final int TENSORS = 5;
  static final int BYTES = values().length * Long.BYTES;

  private final int position;

  KernelArguments(int position) {
    this.position = position;
  }

  int offset() {
    return position * Long.BYTES;
  }

  Memory memory() {
    return at(RDI, offset());
  }

  /** Takes the next piece of work of so many as the argument says; jumps if all are taken. */
  static void takePiece(Assembler a, Register piece, KernelArguments count, Label none) {
    a.mov(piece, 1);
    a.fetchAndAdd(NEXT.memory(), piece);
    a.cmp(piece, count.memory());
    a.jump(Condition.NOT_BELOW, none);
  }
}
