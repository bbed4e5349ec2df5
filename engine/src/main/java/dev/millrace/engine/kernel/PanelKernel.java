package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.FIRST;
import static dev.millrace.engine.kernel.KernelArguments.J;
import static dev.millrace.engine.kernel.KernelArguments.K;
import static dev.millrace.engine.kernel.KernelArguments.OUT;
import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.R10;
import static dev.millrace.engine.kernel.Register.R12;
import static dev.millrace.engine.kernel.Register.R13;
import static dev.millrace.engine.kernel.Register.R8;
import static dev.millrace.engine.kernel.Register.R9;
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
 * <p>Arguments: {@code OUT} the panels, {@code FIRST} the weights [outputs, inputs], both bfloat16;
 * {@code J} inputs, {@code K} panels. A piece of work is a panel.
 */
final class PanelKernel {
  private static final int TILE = 1024;
  private static final int TILE_ROW = 64; // also 32 inputs of one output
  private static final int PAIR = 2 * Short.BYTES;

  private PanelKernel() {}

  static void emit(Assembler a) {
    Frame.enter(a, 0);
    Label panels = new Label();
    Label done = new Label();
    a.mov(RDX, J.memory());
    a.add(RDX, RDX); // bytes from output to output
    a.bind(panels);
    KernelArguments.takePiece(a, R12, K, done);
    a.mov(R10, RDX);
    a.imul(R10, R12);
    a.shiftLeft(R10, 5); // bytes before the panel, 32 outputs each, in both
    a.mov(R8, OUT.memory());
    a.add(R8, R10);
    a.add(R10, FIRST.memory());
    a.mov(R13, J.memory());
    Label step = new Label();
    a.bind(step);
    a.mov(RSI, R10);
    for (int tile = 0; tile < 2; tile++) {
      a.lea(R9, at(R8, tile * TILE));
      tile(a);
    }
    a.add(R8, 2 * TILE);
    a.add(R10, TILE_ROW);
    a.sub(R13, 32);
    a.jump(Condition.NOT_EQUAL, step);
    a.jump(panels);
    a.bind(done);
    Frame.leave(a);
  }

  /** 16 outputs from RSI on, which is moved behind them, become the columns of the tile at R9. */
  private static void tile(Assembler a) {
    a.mov(RCX, 16);
    Label output = new Label();
    a.bind(output);
    for (int pair = 0; pair < 16; pair++) {
      Register register = pair % 2 == 0 ? RAX : RBX;
      a.mov32(register, at(RSI, pair * PAIR));
      a.mov32(at(R9, pair * TILE_ROW), register);
    }
    a.add(RSI, RDX);
    a.add(R9, PAIR);
    a.sub(RCX, 1);
    a.jump(Condition.NOT_EQUAL, output);
  }
}
