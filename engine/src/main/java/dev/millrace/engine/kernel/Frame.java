package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.Register.R12;
import static dev.millrace.engine.kernel.Register.R13;
import static dev.millrace.engine.kernel.Register.R14;
import static dev.millrace.engine.kernel.Register.R15;
import static dev.millrace.engine.kernel.Register.RBP;
import static dev.millrace.engine.kernel.Register.RBX;
import static dev.millrace.engine.kernel.Register.RSP;

import java.util.List;

/** How a kernel begins and ends: it may use all registers, and memory on the stack from RSP. */
final class Frame {
  /** What a function must give back as it was (System V ABI for AMD64, 3.2.1). */
  private static final List<Register> SAVED = List.of(RBX, RBP, R12, R13, R14, R15);

  private Frame() {}

  /** `bytes` of memory at RSP, which is a multiple of 64. */
  static void enter(Assembler a, int bytes) {
    SAVED.forEach(a::push);
    a.mov(RBP, RSP);
    a.sub(RSP, bytes);
    a.and(RSP, -64);
  }

  static void leave(Assembler a) {
    a.clearUppers();
    a.mov(RSP, RBP);
    for (int i = SAVED.size() - 1; i >= 0; i--) {
      a.pop(SAVED.get(i));
    }
    a.ret();
  }
}
