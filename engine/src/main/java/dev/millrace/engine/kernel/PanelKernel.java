package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.FIRST;
import static dev.millrace.engine.kernel.KernelArguments.I;
import static dev.millrace.engine.kernel.KernelArguments.J;
import static dev.millrace.engine.kernel.KernelArguments.K;
import static dev.millrace.engine.kernel.KernelArguments.NEXT;
import static dev.millrace.engine.kernel.KernelArguments.OUT;
import static dev.millrace.engine.kernel.KernelArguments.SECOND;
import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.R10;
import static dev.millrace.engine.kernel.Register.R12;
import static dev.millrace.engine.kernel.Register.R13;
import static dev.millrace.engine.kernel.Register.R14;
import static dev.millrace.engine.kernel.Register.R8;
import static dev.millrace.engine.kernel.Register.RAX;
import static dev.millrace.engine.kernel.Register.RBX;
import static dev.millrace.engine.kernel.Register.RCX;
import static dev.millrace.engine.kernel.Register.RDX;
import static dev.millrace.engine.kernel.Register.RSI;

import dev.millrace.engine.kernel.Assembler.Condition;
import dev.millrace.engine.kernel.Assembler.Label;

/**
 * Puts a linear layer's weights into the panels that {@link LinearKernel} reads.
 *
 * <p>Arguments: {@code OUT} the panels, {@code FIRST} and {@code SECOND} where the first and the
 * last 16 outputs of the first panel are among weights [outputs, inputs], all bfloat16; {@code I}
 * how many outputs on those of the next panel are, {@code J} inputs, {@code K} panels.
 *
 * <p>A piece of work is {@link #PIECE} bytes of panels: memory is new here, and two threads that
 * come to the same large page at once would both clear one for it.
 */
final class PanelKernel {
  private static final int PIECE = 2 << 20; // a large page
  private static final int TILE = 1024;
  private static final int TILE_ROW = 64; // also 32 inputs of one output

  private PanelKernel() {}

  static void emit(Assembler a) {
    Frame.enter(a, 0);
    a.mov(RDX, J.memory());
    a.add(RDX, RDX); // bytes from output to output
    Panels.together(a, PIECE);
    a.mov(RBX, RCX);
    Label pieces = new Label();
    Label done = new Label();
    a.bind(pieces);
    a.mov(R12, RBX);
    a.fetchAndAdd(NEXT.memory(), R12);
    a.mov(R14, R12);
    a.add(R14, RBX); // the end of the piece
    a.mov(RAX, K.memory());
    a.cmp(R14, RAX);
    a.cmov(Condition.ABOVE, R14, RAX);
    Label panel = new Label();
    a.bind(panel);
    a.cmp(R12, RAX);
    a.jump(Condition.NOT_BELOW, done);
    panel(a);
    a.add(R12, 1);
    a.cmp(R12, R14);
    a.jump(Condition.BELOW, panel);
    a.jump(pieces);
    a.bind(done);
    Frame.leave(a);
  }

  /** Number R12. */
  private static void panel(Assembler a) {
    a.mov(R8, R12);
    Panels.place(a, R8);
    a.add(R8, OUT.memory());
    a.mov(R10, R12);
    a.imul(R10, I.memory());
    a.imul(R10, RDX);
    a.mov(RSI, R10);
    a.add(RSI, FIRST.memory());
    a.add(R10, SECOND.memory());
    a.mov(R13, J.memory());
    Label step = new Label();
    a.bind(step);
    tile(a, RSI, at(R8));
    tile(a, R10, at(R8, TILE));
    a.add(RSI, TILE_ROW);
    a.add(R10, TILE_ROW);
    a.add(R8, 2 * TILE);
    a.sub(R13, 32);
    a.jump(Condition.NOT_EQUAL, step);
  }

  /** 16 outputs become the columns of a tile. */
  private static void tile(Assembler a, Register outputs, Memory tile) {
    a.mov(RCX, outputs);
    for (int output = 0; output < Transposition.SIZE; output++) {
      a.load(output, at(RCX));
      a.add(RCX, RDX);
    }
    int[] pairs = Transposition.emit(a);
    for (int pair = 0; pair < Transposition.SIZE; pair++) {
      a.store(at(tile.base(), tile.displacement() + pair * TILE_ROW), pairs[pair]);
    }
  }
}
