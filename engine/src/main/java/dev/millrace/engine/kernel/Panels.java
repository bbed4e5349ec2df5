package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.J;
import static dev.millrace.engine.kernel.KernelArguments.K;
import static dev.millrace.engine.kernel.KernelArguments.NEXT;
import static dev.millrace.engine.kernel.KernelArguments.SECOND;
import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.RAX;
import static dev.millrace.engine.kernel.Register.RCX;
import static dev.millrace.engine.kernel.Register.RDX;

import dev.millrace.engine.kernel.Assembler.Condition;
import dev.millrace.engine.kernel.Assembler.Label;

/**
 * How threads share out a linear layer's panels: each takes so many, one after the other, that
 * memory is asked for {@link #PIECE} bytes or more at a time.
 */
final class Panels {
  private static final int BYTES_PER_INPUT = 64; // of a panel
  private static final int LINE = 64;
  private static final int PAGE = 4096;
  private static final int PIECE = 1024 * BYTES_PER_INPUT;

  private Panels() {}

  /** RCX: how many panels of a {@link LinearKernel} are taken together; RAX is overwritten. */
  static void together(Assembler a) {
    together(a, PIECE);
  }

  /** RCX: how many panels are so many bytes, a power of two, or more; RAX is overwritten. */
  static void together(Assembler a, int bytes) {
    Label twice = new Label();
    Label enough = new Label();
    a.mov(RCX, 1);
    a.mov(RAX, J.memory());
    a.bind(twice);
    a.cmp(RAX, bytes / BYTES_PER_INPUT);
    a.jump(Condition.NOT_BELOW, enough);
    a.add(RAX, RAX);
    a.add(RCX, RCX);
    a.jump(twice);
    a.bind(enough);
  }

  /** Turns a panel's number into the address of its weights. */
  static void weights(Assembler a, Register panel) {
    place(a, panel);
    a.add(panel, SECOND.memory());
  }

  /** Turns a panel's number into the bytes before it. */
  static void place(Assembler a, Register panel) {
    a.imul(panel, J.memory());
    a.shiftLeft(panel, 6);
  }

  /**
   * A function that takes a thread's first piece of a call of a {@link LinearKernel}, RAX, before
   * the kernel may run, and asks memory for the weights it begins with.
   */
  static void emitAhead(Assembler a) {
    Label line = new Label();
    Label end = new Label();
    together(a);
    a.fetchAndAdd(NEXT.memory(), RCX);
    a.mov(RAX, RCX);
    a.cmp(RAX, K.memory());
    a.jump(Condition.NOT_BELOW, end);
    weights(a, RCX);
    a.mov(RDX, PAGE / LINE);
    a.bind(line);
    for (int page = 0; page < PIECE / PAGE; page++) {
      a.prefetchFar(at(RCX, page * PAGE));
    }
    a.add(RCX, LINE);
    a.sub(RDX, 1);
    a.jump(Condition.NOT_EQUAL, line);
    a.bind(end);
    a.ret();
  }
}
