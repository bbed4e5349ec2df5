package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.FIRST;
import static dev.millrace.engine.kernel.KernelArguments.I;
import static dev.millrace.engine.kernel.KernelArguments.J;
import static dev.millrace.engine.kernel.KernelArguments.K;
import static dev.millrace.engine.kernel.KernelArguments.OUT;
import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.R10;
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
 * Cuts rows into the tiles that {@link LinearKernel} multiplies, each in one piece: rows that are
 * multiples of 4096 bytes apart compete for the same few lines of the processor's cache.
 *
 * <p>Arguments: {@code OUT} the tiles [rows / 16 rounded up, inputs / 32, 16, 32], {@code FIRST} x
 * [rows, inputs], both bfloat16; {@code I} rows, {@code J} inputs, a multiple of 1024; {@code K}
 * pieces of work, of 16 rows and 1024 inputs each. Rows that fill up the last tile are not written.
 */
final class TileKernel {
  private static final int TILE = 1024;
  private static final int TILE_ROW = 64;
  private static final int TILES = 32; // of a piece

  private TileKernel() {}

  static void emit(Assembler a) {
    Frame.enter(a, 0);
    Label pieces = new Label();
    Label done = new Label();
    a.bind(pieces);
    KernelArguments.takePiece(a, RAX, K, done);
    a.mov(RBX, J.memory());
    a.mov(RCX, RBX);
    a.shiftRight(RCX, 10);
    a.mov(RDX, 0);
    a.divide(RCX); // RAX: which 16 rows, RDX: which 1024 inputs
    a.add(RBX, RBX); // bytes from row to row
    a.shiftLeft(RAX, 4);
    a.mov(RCX, I.memory());
    a.sub(RCX, RAX);
    a.mov(R10, 16);
    a.cmp(RCX, R10);
    a.cmov(Condition.ABOVE, RCX, R10); // rows
    a.imul(RAX, RBX);
    a.mov(R8, OUT.memory());
    a.add(R8, RAX);
    a.mov(RSI, FIRST.memory());
    a.add(RSI, RAX);
    a.mov(R9, RDX);
    a.shiftLeft(R9, 15); // a piece of the tiles
    a.add(R8, R9);
    a.shiftLeft(RDX, 11); // a piece of a row
    a.add(RSI, RDX);
    Label row = new Label();
    a.bind(row);
    for (int tile = 0; tile < TILES; tile++) {
      a.load(tile % 4, at(RSI, tile * TILE_ROW));
      a.store(at(R8, tile * TILE), tile % 4);
    }
    a.add(RSI, RBX);
    a.add(R8, TILE_ROW);
    a.sub(RCX, 1);
    a.jump(Condition.NOT_EQUAL, row);
    a.jump(pieces);
    a.bind(done);
    Frame.leave(a);
  }
}
