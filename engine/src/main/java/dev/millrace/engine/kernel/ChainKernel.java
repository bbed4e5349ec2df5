package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.FIRST;
import static dev.millrace.engine.kernel.KernelArguments.I;
import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.R12;
import static dev.millrace.engine.kernel.Register.R13;
import static dev.millrace.engine.kernel.Register.R14;
import static dev.millrace.engine.kernel.Register.R15;
import static dev.millrace.engine.kernel.Register.RAX;
import static dev.millrace.engine.kernel.Register.RBX;
import static dev.millrace.engine.kernel.Register.RDI;
import static dev.millrace.engine.kernel.Register.RDX;
import static dev.millrace.engine.kernel.Register.RSI;

import dev.millrace.engine.kernel.Assembler.Condition;
import dev.millrace.engine.kernel.Assembler.Label;

/**
 * Runs calls of kernels one after the other, each once all threads are done with the one before,
 * without the tens of microseconds that PyTorch takes from one to the next.
 *
 * <p>Arguments: {@code FIRST} the calls, {@code I} how many. A call is 16 numbers of 64 bits: the
 * kernel's arguments, {@link KernelArguments#NEXT} being 0, then how many threads are done with it,
 * 0, the kernel's address, and the address of a later call or 0. Of that, a linear layer's, a
 * thread takes its first piece of work when it is done with this one: while it waits for the
 * others, the weights are on their way. {@link Operator} writes the calls.
 */
final class ChainKernel {
  static final int CALL_BYTES = 128;
  static final int ARRIVED = KernelArguments.BYTES;
  static final int KERNEL = ARRIVED + Long.BYTES;
  static final int AHEAD = KERNEL + Long.BYTES;

  /** Rounds of waiting before a thread lets others have its processor. */
  private static final int PATIENCE = 2000;

  private static final int SCHED_YIELD = 24; // the system call's number

  private ChainKernel() {}

  /**
   * @param threads the address of a function that says how many threads call this kernel
   * @param ahead the address of {@link Panels#emitAhead}
   */
  static void emit(Assembler a, long threads, long ahead) {
    Frame.enter(a, 0);
    a.mov(R12, FIRST.memory());
    a.mov(R13, I.memory());
    a.imul(R13, CALL_BYTES);
    a.add(R13, R12);
    a.mov(RAX, threads);
    a.call(RAX);
    a.mov(R14, RAX);
    a.mov(RBX, 0); // the call of which R15 is a piece
    Label calls = new Label();
    Label end = new Label();
    a.bind(calls);
    a.cmp(R12, R13);
    a.jump(Condition.NOT_BELOW, end);
    a.mov(RSI, KernelArguments.NO_PIECE);
    a.cmp(R12, RBX);
    a.cmov(Condition.EQUAL, RSI, R15);
    a.mov(RDI, R12);
    a.mov(RAX, at(R12, KERNEL));
    a.call(RAX);
    a.mov(RAX, 1);
    a.fetchAndAdd(at(R12, ARRIVED), RAX);
    lookAhead(a, ahead);
    waitForAll(a);
    a.add(R12, CALL_BYTES);
    a.jump(calls);
    a.bind(end);
    Frame.leave(a);
  }

  private static void lookAhead(Assembler a, long ahead) {
    Label end = new Label();
    a.mov(RDI, at(R12, AHEAD));
    a.cmp(RDI, 0);
    a.jump(Condition.EQUAL, end);
    a.mov(RBX, RDI);
    a.mov(RAX, ahead);
    a.call(RAX);
    a.mov(R15, RAX);
    a.bind(end);
  }

  private static void waitForAll(Assembler a) {
    Label waiting = new Label();
    Label impatient = new Label();
    Label end = new Label();
    a.mov(RDX, PATIENCE);
    a.bind(waiting);
    a.mov(RAX, at(R12, ARRIVED));
    a.cmp(RAX, R14);
    a.jump(Condition.NOT_BELOW, end);
    a.cmp(RDX, 0);
    a.jump(Condition.EQUAL, impatient);
    a.sub(RDX, 1);
    a.pause();
    a.jump(waiting);
    a.bind(impatient);
    a.mov(RAX, SCHED_YIELD);
    a.systemCall();
    a.jump(waiting);
    a.bind(end);
  }
}
