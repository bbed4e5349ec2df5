package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.FIRST;
import static dev.millrace.engine.kernel.KernelArguments.FOURTH;
import static dev.millrace.engine.kernel.KernelArguments.I;
import static dev.millrace.engine.kernel.KernelArguments.OUT;
import static dev.millrace.engine.kernel.KernelArguments.SECOND;
import static dev.millrace.engine.kernel.KernelArguments.THIRD;
import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.R12;
import static dev.millrace.engine.kernel.Register.R8;
import static dev.millrace.engine.kernel.Register.R9;
import static dev.millrace.engine.kernel.Register.RAX;
import static dev.millrace.engine.kernel.Register.RCX;
import static dev.millrace.engine.kernel.Register.RSI;

import dev.millrace.engine.kernel.Assembler.Condition;
import dev.millrace.engine.kernel.Assembler.Label;

/**
 * Rotates a step's queries and keys by their positions, and puts keys and values into the cache (Su
 * and others, RoFormer: Enhanced Transformer with Rotary Position Embedding, 2021; neighbours are a
 * pair).
 *
 * <p>Arguments: {@code OUT} queries, keys and values [T, H + K + K, D], of which the queries are
 * rotated in place, {@code FIRST} the cache's keys and {@code SECOND} its values [slots, K, D], all
 * bfloat16, {@code THIRD} cosine and sine of each token's angles [T, D / 2, 2] in float32, {@code
 * FOURTH} the tokens' slots [T] in 64 bits; {@code I} T. A piece of work is a token.
 */
final class RotaryKernel {
  private static final int VECTOR = 16;
  private static final int BYTES = VECTOR * Short.BYTES;
  private static final int COSINES = 16; // vectors, as many as a head has
  private static final int SINES = 24;

  private final Assembler a;
  private final int queryHeads;
  private final int kvHeads;
  private final int vectors;
  private final int headBytes;

  private RotaryKernel(Assembler assembler, int queryHeads, int kvHeads, int headDim) {
    this.a = assembler;
    this.queryHeads = queryHeads;
    this.kvHeads = kvHeads;
    this.vectors = headDim / VECTOR;
    this.headBytes = headDim * Short.BYTES;
  }

  /** For heads that {@link AttentionHeads#fit}. */
  static void emit(Assembler assembler, int queryHeads, int kvHeads, int headDim) {
    new RotaryKernel(assembler, queryHeads, kvHeads, headDim).emit();
  }

  private void emit() {
    Frame.enter(a, 0);
    Label tokens = new Label();
    Label done = new Label();
    a.bind(tokens);
    KernelArguments.takePiece(a, R12, I, done);
    angles();
    a.mov(RSI, R12);
    a.imul(RSI, (queryHeads + 2 * kvHeads) * headBytes);
    a.add(RSI, OUT.memory());
    a.mov(R8, RSI);
    forEachHead(queryHeads, this::rotate);
    a.mov(RAX, FOURTH.memory());
    a.mov(R9, at(RAX, R12, Long.BYTES, 0));
    a.imul(R9, kvHeads * headBytes); // the slot, in bytes
    a.mov(R8, FIRST.memory());
    a.add(R8, R9);
    forEachHead(kvHeads, this::rotate);
    a.mov(R8, SECOND.memory());
    a.add(R8, R9);
    forEachHead(kvHeads, this::copy);
    a.jump(tokens);
    a.bind(done);
    Frame.leave(a);
  }

  private void angles() {
    a.mov(RAX, R12);
    a.imul(RAX, vectors * VECTOR * Float.BYTES);
    a.add(RAX, THIRD.memory());
    for (int i = 0; i < vectors; i++) {
      a.evens(COSINES + i, at(RAX, i * VECTOR * Float.BYTES));
      a.odds(SINES + i, at(RAX, i * VECTOR * Float.BYTES));
    }
  }

  /** From RSI to R8, both of which are moved to the next head. */
  private void forEachHead(int heads, Runnable body) {
    a.mov(RCX, heads);
    Label head = new Label();
    a.bind(head);
    body.run();
    a.add(RSI, headBytes);
    a.add(R8, headBytes);
    a.sub(RCX, 1);
    a.jump(Condition.NOT_EQUAL, head);
  }

  /** Of a pair (a, b): (a cos - b sin, b cos + a sin). */
  private void rotate() {
    for (int i = 0; i < vectors; i++) {
      a.widen(0, at(RSI, i * BYTES));
      a.shiftLeft(0, 0, 16);
      a.permuteWithinFours(1, 0, 0xB1); // neighbours change places
      a.multiply(1, 1, SINES + i);
      a.multiplyThenSubtractAdd(0, COSINES + i, 1);
      a.narrow(0, 0);
      a.storeHalf(at(R8, i * BYTES), 0);
    }
  }

  private void copy() {
    for (int at = 0; at < headBytes; at += 2 * BYTES) {
      a.load(0, at(RSI, at));
      a.store(at(R8, at), 0);
    }
  }
}
