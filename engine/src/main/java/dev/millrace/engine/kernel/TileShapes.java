package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.RAX;
import static dev.millrace.engine.kernel.Register.RSP;

/**
 * The 64 bytes that tell AMX the shapes of its eight tiles, on the stack. Format: the manual's
 * description of LDTILECFG.
 */
final class TileShapes {
  static final int BYTES = 64;

  private static final int TILES = 8;
  private static final int WIDTHS = 16;
  private static final int ROWS = 48;

  private TileShapes() {}

  /** Writes code for full tiles, 16 rows of 64 bytes; RAX and vector 0 are overwritten. */
  static void emit(Assembler a, int offset) {
    a.clear(0);
    a.store(at(RSP, offset), 0);
    a.mov(RAX, 1); // the palette
    a.mov(at(RSP, offset), RAX);
    a.mov(RAX, 0x0040_0040_0040_0040L);
    a.mov(at(RSP, offset + WIDTHS), RAX);
    a.mov(at(RSP, offset + WIDTHS + Long.BYTES), RAX);
    a.mov(RAX, 0x1010_1010_1010_1010L);
    a.mov(at(RSP, offset + ROWS), RAX);
  }

  /** Writes code that gives a tile rows of as many bytes as the register says, up to 64. */
  static void widths(Assembler a, int offset, Register bytes, int tile) {
    a.mov8(at(RSP, offset + WIDTHS + tile * Short.BYTES), bytes);
  }

  /**
   * Writes code that gives tiles as many rows as the register says, or 16 where it says 0: a tile
   * that is not used must have a shape, too.
   */
  static void rows(Assembler a, int offset, Register rows, int... tiles) {
    Assembler.Label none = new Assembler.Label();
    a.cmp(rows, 0);
    a.jump(Assembler.Condition.EQUAL, none);
    for (int tile : tiles) {
      if (tile >= TILES) {
        throw new IllegalArgumentException("there is no tile " + tile);
      }
      a.mov8(at(RSP, offset + ROWS + tile), rows);
    }
    a.bind(none);
  }
}
