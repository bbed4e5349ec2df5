package dev.millrace.engine.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes the machine code of a kernel: the few instructions of x86-64, AVX-512 and AMX that this
 * package's kernels are made of. Operands are in Intel's order, the target first. Vectors are 512
 * bits wide, registers 0 to 31; masks, a bit for each element of a vector, are 1 to 7; tiles are 0
 * to 7.
 *
 * <p>Encodings: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2. Every
 * operand in memory has a displacement of 32 bits, which spares the special cases of shorter ones.
 */
final class Assembler {
  /** A place in the code that jumps go to. */
  static final class Label {
    private int position = -1;
    private final List<Integer> jumps = new ArrayList<>();
  }

  /** What the last comparison must have found, numbers being unsigned. */
  enum Condition {
    BELOW(2),
    NOT_BELOW(3),
    EQUAL(4),
    NOT_EQUAL(5),
    NOT_ABOVE(6),
    ABOVE(7);

    private final int code;

    Condition(int code) {
      this.code = code;
    }
  }

  /** Of an instruction's prefix: none, 66, F3, F2. */
  private static final int P_NONE = 0;

  private static final int P_66 = 1;
  private static final int P_F3 = 2;
  private static final int P_F2 = 3;

  /** Beside a vector instruction's prefix: its elements are wider than usual. */
  private static final int W = 0x80;

  /** The tables of operation codes: 0F, 0F 38, 0F 3A. */
  private static final int M_0F = 1;

  private static final int M_0F38 = 2;
  private static final int M_0F3A = 3;

  private static final int SIZE = 1 << 16;

  private final ByteBuffer code = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);

  /** The code so far; every label that is jumped to must have been bound. */
  byte[] code() {
    byte[] bytes = new byte[code.position()];
    code.flip();
    code.get(bytes);
    return bytes;
  }

  // ---- jumps

  void bind(Label label) {
    label.position = code.position();
    label.jumps.forEach(at -> code.putInt(at, label.position - at - Integer.BYTES));
  }

  void jump(Label target) {
    bytes(0xE9);
    distance(target);
  }

  void jump(Condition condition, Label target) {
    bytes(0x0F, 0x80 + condition.code);
    distance(target);
  }

  private void distance(Label target) {
    target.jumps.add(code.position());
    code.putInt(target.position - code.position() - Integer.BYTES);
  }

  // ---- general registers, 64 bits

  void push(Register register) {
    rex(0, 0, 0, register.high());
    bytes(0x50 + register.low());
  }

  void pop(Register register) {
    rex(0, 0, 0, register.high());
    bytes(0x58 + register.low());
  }

  void call(Register target) {
    rex(0, 0, 0, target.high());
    bytes(0xFF, direct(2, target.low()));
  }

  void ret() {
    bytes(0xC3);
  }

  void mov(Register target, Register source) {
    general(0x89, source, target);
  }

  void mov(Register target, Memory source) {
    general(1, target.number(), source, 0x8B);
  }

  void mov(Memory target, Register source) {
    general(1, source.number(), target, 0x89);
  }

  void mov(Register target, long value) {
    rex(1, 0, 0, target.high());
    bytes(0xB8 + target.low());
    code.putLong(value);
  }

  /** The lower 32 bits; those above become 0. */
  void mov32(Register target, Memory source) {
    general(0, target.number(), source, 0x8B);
  }

  void mov32(Memory target, Register source) {
    general(0, source.number(), target, 0x89);
  }

  /** The lowest byte, of RAX, RBX, RCX or RDX: others' would need another prefix. */
  void mov8(Memory target, Register source) {
    if (source.number() > Register.RBX.number()) {
      throw new IllegalArgumentException(source + " has no byte of its own here");
    }
    general(0, source.number(), target, 0x88);
  }

  void lea(Register target, Memory source) {
    general(1, target.number(), source, 0x8D);
  }

  void add(Register target, Register source) {
    general(0x01, source, target);
  }

  void add(Register target, Memory source) {
    general(1, target.number(), source, 0x03);
  }

  void add(Register target, int value) {
    immediate(0, target, value);
  }

  void sub(Register target, Register source) {
    general(0x29, source, target);
  }

  void sub(Register target, int value) {
    immediate(5, target, value);
  }

  void and(Register target, int value) {
    immediate(4, target, value);
  }

  void cmp(Register left, Register right) {
    general(0x39, right, left);
  }

  void cmp(Register left, Memory right) {
    general(1, left.number(), right, 0x3B);
  }

  void cmp(Register left, int right) {
    immediate(7, left, right);
  }

  void imul(Register target, Register factor) {
    rex(1, target.high(), 0, factor.high());
    bytes(0x0F, 0xAF, direct(target.low(), factor.low()));
  }

  void imul(Register target, int factor) {
    rex(1, target.high(), 0, target.high());
    bytes(0x69, direct(target.low(), target.low()));
    code.putInt(factor);
  }

  void imul(Register target, Memory factor) {
    general(1, target.number(), factor, 0x0F, 0xAF);
  }

  /** RAX becomes the quotient of RAX, RDX the remainder; RDX must be 0 before. */
  void divide(Register divisor) {
    rex(1, 0, 0, divisor.high());
    bytes(0xF7, direct(6, divisor.low()));
  }

  void shiftLeft(Register target, int bits) {
    rex(1, 0, 0, target.high());
    bytes(0xC1, direct(4, target.low()), bits);
  }

  /** By as many bits as RCX says, 0 to 63. */
  void shiftLeft(Register target) {
    rex(1, 0, 0, target.high());
    bytes(0xD3, direct(4, target.low()));
  }

  void shiftRight(Register target, int bits) {
    rex(1, 0, 0, target.high());
    bytes(0xC1, direct(5, target.low()), bits);
  }

  /** The lowest bit that is set; 64 if none is. */
  void lowestBit(Register target, Register source) {
    bytes(0xF3);
    rex(1, target.high(), 0, source.high());
    bytes(0x0F, 0xBC, direct(target.low(), source.low()));
  }

  void cmov(Condition condition, Register target, Register source) {
    rex(1, target.high(), 0, source.high());
    bytes(0x0F, 0x40 + condition.code, direct(target.low(), source.low()));
  }

  /**
   * Adds to what is in memory, which no other thread sees half done; the register gets what was.
   */
  void fetchAndAdd(Memory target, Register amount) {
    bytes(0xF0);
    general(1, amount.number(), target, 0x0F, 0xC1);
  }

  /** Asks for a line of memory to be brought into the nearest cache. */
  void prefetch(Memory line) {
    general(0, 1, line, 0x0F, 0x18);
  }

  /** Asks for a line of memory to be brought into the second nearest cache. */
  void prefetchFar(Memory line) {
    general(0, 2, line, 0x0F, 0x18);
  }

  /** Rests a little, for the sake of what else runs on the core, in a loop that waits. */
  void pause() {
    bytes(0xF3, 0x90);
  }

  /** Calls the system, RAX saying what for; RCX and R11 are lost. */
  void systemCall() {
    bytes(0x0F, 0x05);
  }

  private void general(int operation, Register register, Register other) {
    rex(1, register.high(), 0, other.high());
    bytes(operation, direct(register.low(), other.low()));
  }

  private void general(int wide, int register, Memory memory, int... operation) {
    rex(wide, register >> 3, memory.index().high(), memory.base().high());
    bytes(operation);
    operand(register, memory);
  }

  private void immediate(int extension, Register target, int value) {
    rex(1, 0, 0, target.high());
    bytes(0x81, direct(extension, target.low()));
    code.putInt(value);
  }

  private void rex(int wide, int register, int index, int base) {
    int rex = 0x40 + 8 * wide + 4 * register + 2 * index + base;
    if (rex != 0x40) {
      bytes(rex);
    }
  }

  /** The ModR/M byte of two registers, 0 to 7. */
  private static int direct(int register, int other) {
    return 0xC0 + 8 * register + other;
  }

  /** ModR/M and SIB byte and displacement. */
  private void operand(int register, Memory memory) {
    int scale = Integer.numberOfTrailingZeros(memory.scale());
    bytes(0x84 + 8 * (register & 7), 64 * scale + 8 * memory.index().low() + memory.base().low());
    code.putInt(memory.displacement());
  }

  // ---- tiles (AMX)

  /** Sets each tile's rows and bytes per row, and empties all of them. */
  void loadTileShapes(Memory shapes) {
    vex(P_NONE, 0x49, 0, 0, shapes);
  }

  void releaseTiles() {
    bytes(0xC4, 0xE2, 0x78, 0x49, 0xC0);
  }

  void zeroTile(int tile) {
    bytes(0xC4, 0xE2, 0x7B, 0x49, direct(tile, 0));
  }

  /** Rows from source.base, source.index bytes apart. */
  void loadTile(int target, Memory source) {
    vex(P_F2, 0x4B, target, 0, source);
  }

  void storeTile(Memory target, int source) {
    vex(P_F3, 0x4B, source, 0, target);
  }

  /**
   * target[m][n] += sum over k of left[m][k] * right[k][n], in float32. left has rows of bfloat16;
   * right has them in pairs: row k holds the elements 2 k and 2 k + 1 of each column side by side.
   */
  void multiplyTiles(int target, int left, int right) {
    bytes(0xC4, 0xE2, 8 * (15 - right) + P_F3, 0x5C, direct(target, left));
  }

  private void vex(int prefix, int operation, int tile, int second, Memory memory) {
    int inverted = 0xE0 - 0x40 * memory.index().high() - 0x20 * memory.base().high();
    bytes(0xC4, inverted + M_0F38, 8 * (15 - second) + prefix, operation);
    operand(tile, memory);
  }

  // ---- vectors (AVX-512)

  void load(int target, Memory source) {
    evex(M_0F, P_NONE, 0x10, target, 0, source, 512, false);
  }

  /** The elements that the mask has; the others stay, and are not read. */
  void load(int target, int mask, Memory source) {
    evex(M_0F, P_NONE, target, 0, source.index().high(), source.base().high(), 512, false, mask);
    bytes(0x10);
    operand(target, source);
  }

  void store(Memory target, int source) {
    evex(M_0F, P_NONE, 0x11, source, 0, target, 512, false);
  }

  /** The lower half. */
  void storeHalf(Memory target, int source) {
    evex(M_0F, P_NONE, 0x11, source, 0, target, 256, false);
  }

  /** 16 times the number there. */
  void broadcast(int target, Memory source) {
    evex(M_0F38, P_66, 0x18, target, 0, source, 512, false);
  }

  /** 16 times the integer of 32 bits there, as float32. */
  void integer(int target, Memory source) {
    evex(M_0F, P_NONE, 0x5B, target, 0, source, 512, true);
  }

  /** 16 numbers of 16 bits, each into the lower half of 32. */
  void widen(int target, Memory source) {
    evex(M_0F38, P_66, 0x33, target, 0, source, 512, false);
  }

  /** The lower half's 16 numbers of 16 bits, each into the lower half of 32. */
  void widen(int target, int source) {
    evex(M_0F38, P_66, 0x33, target, 0, source);
  }

  /** The bits of each 32, by some to the left: after {@link #widen} bfloat16 becomes float32. */
  void shiftLeft(int target, int source, int bits) {
    evex(M_0F, P_66, 0x72, 6, target, source);
    bytes(bits);
  }

  /** The bits of each 32, by some to the right. */
  void shiftRight(int target, int source, int bits) {
    evex(M_0F, P_66, 0x72, 2, target, source);
    bytes(bits);
  }

  /** Bit by bit. */
  void and(int target, int left, int right) {
    evex(M_0F, P_66, 0xDB, target, left, right);
  }

  void move(int target, int source) {
    evex(M_0F, P_NONE, 0x28, target, 0, source);
  }

  void clear(int target) {
    evex(M_0F, P_66, 0xEF, target, target, target);
  }

  void add(int target, int left, int right) {
    evex(M_0F, P_NONE, 0x58, target, left, right);
  }

  void subtract(int target, int left, int right) {
    evex(M_0F, P_NONE, 0x5C, target, left, right);
  }

  void multiply(int target, int left, int right) {
    evex(M_0F, P_NONE, 0x59, target, left, right);
  }

  /** Times 16 times the number there. */
  void multiplyBroadcast(int target, int left, Memory right) {
    evex(M_0F, P_NONE, 0x59, target, left, right, 512, true);
  }

  void multiply(int target, int left, Memory right) {
    evex(M_0F, P_NONE, 0x59, target, left, right, 512, false);
  }

  void divide(int target, int left, int right) {
    evex(M_0F, P_NONE, 0x5E, target, left, right);
  }

  void maximum(int target, int left, int right) {
    evex(M_0F, P_NONE, 0x5F, target, left, right);
  }

  /** The right one where one of both is not a number. */
  void maximum(int target, int left, Memory right) {
    evex(M_0F, P_NONE, 0x5F, target, left, right, 512, false);
  }

  /** target = target * left + right. */
  void multiplyThenAdd(int target, int left, int right) {
    evex(M_0F38, P_66, 0xA8, target, left, right);
  }

  /** target += left * right. */
  void addProduct(int target, int left, int right) {
    evex(M_0F38, P_66, 0xB8, target, left, right);
  }

  /** target += left * 16 times the number there. */
  void addProductBroadcast(int target, int left, Memory right) {
    evex(M_0F38, P_66, 0xB8, target, left, right, 512, true);
  }

  /**
   * target[i] += left[2 i] * right[2 i] + left[2 i + 1] * right[2 i + 1], of pairs of bfloat16, in
   * float32.
   */
  void addPairProducts(int target, int left, int right) {
    evex(M_0F38, P_F3, 0x52, target, left, right);
  }

  /** The same with 16 times the pair there. */
  void addPairProductsBroadcast(int target, int left, Memory right) {
    evex(M_0F38, P_F3, 0x52, target, left, right, 512, true);
  }

  /** target = target * left, minus right in the even elements, plus right in the odd ones. */
  void multiplyThenSubtractAdd(int target, int left, int right) {
    evex(M_0F38, P_66, 0xA6, target, left, right);
  }

  void squareRoot(int target, int source) {
    evex(M_0F, P_NONE, 0x51, target, 0, source);
  }

  /** The even elements, each twice. */
  void evens(int target, Memory source) {
    evex(M_0F, P_F3, 0x12, target, 0, source, 512, false);
  }

  /** The odd elements, each twice. */
  void odds(int target, Memory source) {
    evex(M_0F, P_F3, 0x16, target, 0, source, 512, false);
  }

  /** Within each four elements, by two bits of `order` for each of the target's. */
  void permuteWithinFours(int target, int source, int order) {
    evex(M_0F3A, P_66, 0x04, target, 0, source);
    bytes(order);
  }

  /** The four groups of four elements, by two bits of `order` for each of the target's. */
  void permuteFours(int target, int source, int order) {
    evex(M_0F3A, P_66, 0x23, target, source, source);
    bytes(order);
  }

  /** What is left when the largest integer that is not above it is taken away. */
  void fraction(int target, int source) {
    evex(M_0F3A, P_66, 0x56, target, 0, source);
    bytes(1);
  }

  /** left times two to the power of the largest integer that is not above right. */
  void scale(int target, int left, int right) {
    evex(M_0F38, P_66, 0x2C, target, left, right);
  }

  /** 16 float32 as bfloat16, the nearest, in the lower half. */
  void narrow(int target, int source) {
    evex(M_0F38, P_F3, 0x72, target, 0, source);
  }

  /** 32 float32 as bfloat16, the nearest; `low` becomes the lower half. */
  void narrow(int target, int high, int low) {
    evex(M_0F38, P_F2, 0x72, target, high, low);
  }

  // ---- masks

  /** The lowest 16 bits. */
  void mask(int target, Register source) {
    bytes(0xC4, 0xE1 - 0x20 * source.high(), 0x78, 0x92, direct(target, source.low()));
  }

  void mask(Register target, int source) {
    bytes(0xC4, 0xE1 - 0x80 * target.high(), 0x78, 0x93, direct(target.low(), source));
  }

  /**
   * A mask of the elements that are equal, as 0 and -0 are; what is not a number equals nothing.
   */
  void equal(int mask, int left, int right) {
    evex(M_0F, P_NONE, 0xC2, mask, left, right);
    bytes(0);
  }

  void equal(int mask, int left, Memory right) {
    evex(M_0F, P_NONE, 0xC2, mask, left, right, 512, false);
    bytes(0);
  }

  // ---- vectors: moving elements. A lane is a quarter of a vector.

  /** left[0], right[0], left[1], right[1] of each lane's four numbers. */
  void interleaveLow(int target, int left, int right) {
    evex(M_0F, P_NONE, 0x14, target, left, right);
  }

  /** left[2], right[2], left[3], right[3] of each lane's four numbers. */
  void interleaveHigh(int target, int left, int right) {
    evex(M_0F, P_NONE, 0x15, target, left, right);
  }

  /** left[0], right[0] of each lane's two numbers of 64 bits. */
  void interleaveLow64(int target, int left, int right) {
    evex(M_0F, P_66 + W, 0x14, target, left, right);
  }

  /** left[1], right[1] of each lane's two numbers of 64 bits. */
  void interleaveHigh64(int target, int left, int right) {
    evex(M_0F, P_66 + W, 0x15, target, left, right);
  }

  /** Of each lane's eight numbers of 16 bits the first four, left and right taking turns. */
  void interleaveLow16(int target, int left, Memory right) {
    evex(M_0F, P_66, 0x61, target, left, right, 512, false);
  }

  /** The last four. */
  void interleaveHigh16(int target, int left, Memory right) {
    evex(M_0F, P_66, 0x69, target, left, right, 512, false);
  }

  /** Lanes 0 and 2 of both. */
  void evenLanes(int target, int left, int right) {
    evex(M_0F3A, P_66, 0x43, target, left, right);
    bytes(0x88);
  }

  /** Lanes 1 and 3 of both. */
  void oddLanes(int target, int left, int right) {
    evex(M_0F3A, P_66, 0x43, target, left, right);
    bytes(0xDD);
  }

  /** target[i] = the element order[i] of 32: the target's, then the other's. */
  void permuteBoth(int target, int order, int other) {
    evex(M_0F38, P_66, 0x7F, target, order, other);
  }

  /** target[i] = source[order[i]], 32 numbers of 16 bits. */
  void permute16(int target, int order, int source) {
    evex(M_0F38, P_66 + W, 0x8D, target, order, source);
  }

  /** Empties the vectors' upper parts, without which code of older extensions is slow. */
  void clearUppers() {
    bytes(0xC5, 0xF8, 0x77);
  }

  private void evex(int map, int prefix, int operation, int target, int second, int source) {
    evex(map, prefix, target, second, source >> 4, source >> 3 & 1, 512, false);
    bytes(operation, direct(target & 7, source & 7));
  }

  private void evex(
      int map,
      int prefix,
      int operation,
      int register,
      int second,
      Memory memory,
      int bits,
      boolean broadcast) {
    int index = memory.index().high();
    int base = memory.base().high();
    evex(map, prefix, register, second, index, base, bits, broadcast);
    bytes(operation);
    operand(register, memory);
  }

  /**
   * The prefix. Registers' upper bits are inverted in it.
   *
   * @param x bit 4 of a source register, or bit 3 of an index
   * @param b bit 3 of a source register or of a base
   */
  private void evex(
      int map, int prefix, int register, int second, int x, int b, int bits, boolean broadcast) {
    evex(map, prefix, register, second, x, b, bits, broadcast, 0);
  }

  /** For the elements that a mask has; 0: for all. */
  private void evex(
      int map,
      int prefix,
      int register,
      int second,
      int x,
      int b,
      int bits,
      boolean broadcast,
      int mask) {
    int inverted = 0xF0 - 0x80 * (register >> 3 & 1) - 0x40 * x - 0x20 * b - 0x10 * (register >> 4);
    int length = bits == 512 ? 0x40 : 0x20;
    bytes(
        0x62,
        inverted + map,
        8 * (15 - (second & 15)) + 0x04 + prefix,
        length + (broadcast ? 0x10 : 0) + 0x08 * (1 - (second >> 4)) + mask);
  }

  private void bytes(int... values) {
    for (int value : values) {
      code.put((byte) value);
    }
  }
}
