package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.FIRST;
import static dev.millrace.engine.kernel.KernelArguments.FOURTH;
import static dev.millrace.engine.kernel.KernelArguments.I;
import static dev.millrace.engine.kernel.KernelArguments.J;
import static dev.millrace.engine.kernel.KernelArguments.K;
import static dev.millrace.engine.kernel.KernelArguments.OUT;
import static dev.millrace.engine.kernel.KernelArguments.SECOND;
import static dev.millrace.engine.kernel.KernelArguments.THIRD;
import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.R12;
import static dev.millrace.engine.kernel.Register.R13;
import static dev.millrace.engine.kernel.Register.R14;
import static dev.millrace.engine.kernel.Register.R8;
import static dev.millrace.engine.kernel.Register.R9;
import static dev.millrace.engine.kernel.Register.RAX;
import static dev.millrace.engine.kernel.Register.RCX;
import static dev.millrace.engine.kernel.Register.RDX;
import static dev.millrace.engine.kernel.Register.RSP;

import dev.millrace.engine.kernel.Assembler.Condition;
import dev.millrace.engine.kernel.Assembler.Label;

/**
 * Which key/value head of which span a thread attends to, and where what it needs for that lies.
 * Arguments are those of {@link TileAttentionKernel}; a piece of work is some heads of a span.
 */
final class AttentionWork {
  /** Of the frame. */
  static final int BYTES = 4 * Long.BYTES;

  private final Assembler a;
  private final int group; // query heads that share a key/value head
  private final int heads; // of keys and values
  private final int headBytes;
  private final int slotBytes;
  private final Memory row; // in OUT
  private final Memory head; // of keys and values
  private final Memory index; // of the key/value head, counted over all spans
  private final Memory stop; // where the piece of work ends

  /**
   * @param frame where its {@link #BYTES} are, from RSP
   */
  AttentionWork(Assembler a, int group, int heads, int headBytes, int frame) {
    this.a = a;
    this.group = group;
    this.heads = heads;
    this.headBytes = headBytes;
    this.slotBytes = heads * headBytes;
    this.row = at(RSP, frame);
    this.head = at(RSP, frame + Long.BYTES);
    this.index = at(RSP, frame + 2 * Long.BYTES);
    this.stop = at(RSP, frame + 3 * Long.BYTES);
  }

  /** Begins with piece RAX; jumps if there are no such. */
  void begin(Label none) {
    a.imul(RAX, K.memory());
    a.mov(index, RAX);
    a.mov(RCX, I.memory());
    a.imul(RCX, heads);
    a.cmp(RAX, RCX);
    a.jump(Condition.NOT_BELOW, none);
    a.add(RAX, K.memory());
    a.mov(stop, RAX);
  }

  /** Goes on to the next head; jumps if it is in the piece. */
  void next(Label again) {
    a.mov(RAX, index);
    a.add(RAX, 1);
    a.mov(index, RAX);
    a.cmp(RAX, stop);
    a.jump(Condition.BELOW, again);
  }

  /** R8: the queries, R12: keys, R13: values, R14: slots. */
  void locate() {
    a.mov(RAX, index);
    a.mov(RDX, 0);
    a.mov(RCX, heads);
    a.divide(RCX); // RAX: span, RDX: head
    a.mov(head, RDX);
    span();
    a.mov(R8, at(RAX));
    a.mov(row, R8);
    a.imul(R8, J.memory());
    a.add(R8, FIRST.memory());
    a.mov(RCX, RDX);
    a.imul(RCX, group * headBytes);
    a.add(R8, RCX);
    a.mov(R12, at(RAX, Long.BYTES));
    a.imul(R12, slotBytes);
    a.imul(RDX, headBytes);
    a.add(R12, RDX);
    a.mov(R13, R12);
    a.add(R12, SECOND.memory());
    a.add(R13, THIRD.memory());
    a.mov(R14, at(RAX, 2 * Long.BYTES));
  }

  /** RAX, a span's number, becomes its address. */
  void span() {
    a.imul(RAX, 3 * Long.BYTES);
    a.add(RAX, FOURTH.memory());
  }

  /** R9: where the queries' results go. */
  void locateResults() {
    a.mov(R9, row);
    a.imul(R9, heads * group * headBytes);
    a.mov(RAX, head);
    a.imul(RAX, group * headBytes);
    a.add(R9, RAX);
    a.add(R9, OUT.memory());
  }
}
