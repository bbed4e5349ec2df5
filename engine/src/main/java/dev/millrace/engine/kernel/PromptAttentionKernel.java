package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.FIRST;
import static dev.millrace.engine.kernel.KernelArguments.FOURTH;
import static dev.millrace.engine.kernel.KernelArguments.I;
import static dev.millrace.engine.kernel.KernelArguments.J;
import static dev.millrace.engine.kernel.KernelArguments.NEXT;
import static dev.millrace.engine.kernel.KernelArguments.OUT;
import static dev.millrace.engine.kernel.KernelArguments.SECOND;
import static dev.millrace.engine.kernel.KernelArguments.THIRD;
import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.R10;
import static dev.millrace.engine.kernel.Register.R12;
import static dev.millrace.engine.kernel.Register.R13;
import static dev.millrace.engine.kernel.Register.R14;
import static dev.millrace.engine.kernel.Register.R15;
import static dev.millrace.engine.kernel.Register.R8;
import static dev.millrace.engine.kernel.Register.R9;
import static dev.millrace.engine.kernel.Register.RAX;
import static dev.millrace.engine.kernel.Register.RBX;
import static dev.millrace.engine.kernel.Register.RCX;
import static dev.millrace.engine.kernel.Register.RDX;
import static dev.millrace.engine.kernel.Register.RSI;
import static dev.millrace.engine.kernel.Register.RSP;

import dev.millrace.engine.kernel.Assembler.Condition;
import dev.millrace.engine.kernel.Assembler.Label;

/**
 * Causal attention of prompts, pieces of several tokens of one sequence each, straight from the
 * token pool.
 *
 * <p>Arguments: {@code OUT} [T, H, D], {@code FIRST} queries [T, H, D], {@code SECOND} keys and
 * {@code THIRD} values [slots, K, D], all bfloat16, {@code FOURTH} pieces [n, 4] of 64-bit
 * integers: the piece's first row in OUT and queries, its sequence's first slot, how many tokens of
 * the sequence come before the piece, and its tokens; {@code I} n, {@code J} bytes from one token's
 * queries to the next one's.
 *
 * <p>A piece of work is one key/value head and so many tokens that they are, with all query heads
 * that share it, about 32 tiles of 16 queries. It goes through the context a block of slots at a
 * time: the block's keys and values are laid out in tiles, and then serve every tile of queries:
 *
 * <pre>
 *   scores  [slots, queries] = keys [slots, D] * queries [D, queries]
 *   weights [slots, queries] = exp(scores - maximum)
 *   sums    [D, queries]    += values [D, slots] * weights
 * </pre>
 *
 * The tile on the right is in pairs of rows: so are queries, by a transposition, and weights, by
 * narrowing two rows into one. Only values must be transposed. As queries are columns throughout, a
 * vector has one number for each of 16 queries, and the softmax that is taken as it goes (see
 * {@link TileAttentionKernel}) never looks across a vector. Blocks are counted from the sequence's
 * first slot: what a token gets does not depend on how its prompt was cut.
 */
abstract class PromptAttentionKernel {
  /** Slots of a block: with 64 elements a head, scores, keys and values stay in the near cache. */
  private static final int BLOCK = 128;

  static final int VECTOR = 16; // float32 in a vector, and queries or slots in a tile
  static final int VECTOR_BYTES = 64;
  static final int TILE = 1024;
  static final int PAIRS = 32; // slots that one tile of weights has, in pairs

  /** Elements of a head times tiles of queries, in a piece of work. */
  private static final int WORK = 2048;

  // The columns of a piece.
  private static final int PIECE_ROW = 0;
  private static final int PIECE_POOL = Long.BYTES;
  private static final int PIECE_START = 2 * Long.BYTES;
  private static final int PIECE_COUNT = 3 * Long.BYTES;
  private static final int PIECE = 4 * Long.BYTES;

  // Vectors: those from 0 are for the work at hand.
  private static final int RECIPROCAL = Transposition.VECTORS;
  private static final int SECOND_ROW = RECIPROCAL + 1;
  private static final int EXPONENTIAL = 20;
  private static final int TO_BASE_2 = 27;
  private static final int PAIRING = 28; // the order that brings two rows' elements together
  private static final int FACTOR = 29;
  private static final int SUM = 30;
  private static final int OFFSET = 31;

  private static final float LEAST = -1e30f; // where -infinity - -infinity would not be a number

  final Assembler a;
  private final int group;
  private final int heads;
  final int dim;
  final int headBytes;
  private final int slotBytes;
  private final int rowBytes; // of OUT
  private final int tokensShift; // 2 to the power of it are the tokens of a piece of work

  // The frame on the stack, from RSP.
  final int scores = 0; // [BLOCK, 16] float32, then weights [BLOCK / 2, 16] pairs; rows
  final int keys = scores + BLOCK * VECTOR_BYTES; // [BLOCK / 16, D / 32, 16, 32]
  final int values; // [BLOCK / 32, D, 32]
  private final int unseen; // 48 times LEAST, 16 times 0
  private final int scratch;
  final int own; // 64 bytes for a subclass
  private final int row; // of the piece of work: as in a piece
  private final int pool;
  private final int start;
  private final int end; // start + count
  private final int count;
  private final int head; // bytes from a slot to its key/value head
  private final int tiles; // one after the other, the group's heads of 16 tokens side by side
  private final int frame;

  // Of a tile of queries.
  final int queries = 0; // [D / 2, 16] pairs
  final int sums; // [D, 16] float32
  private final int maximum; // 16 float32
  private final int sum; // of the weights
  private final int tileBytes;

  private Exponential exponential;

  PromptAttentionKernel(Assembler assembler, int queryHeads, int kvHeads, int headDim) {
    AttentionHeads.requireFit(queryHeads, kvHeads, headDim);
    this.a = assembler;
    this.group = queryHeads / kvHeads;
    this.heads = kvHeads;
    this.dim = headDim;
    this.headBytes = headDim * Short.BYTES;
    this.slotBytes = kvHeads * headBytes;
    this.rowBytes = queryHeads * headBytes;
    int tokens = VECTOR * Integer.highestOneBit(WORK / headDim / group);
    this.tokensShift = Integer.numberOfTrailingZeros(tokens);

    this.sums = dim / 2 * VECTOR_BYTES;
    this.maximum = sums + dim * VECTOR_BYTES;
    this.sum = maximum + VECTOR_BYTES;
    this.tileBytes = sum + VECTOR_BYTES;

    this.values = keys + BLOCK * headBytes;
    this.unseen = values + BLOCK * headBytes;
    this.scratch = unseen + 4 * VECTOR_BYTES;
    this.own = scratch + VECTOR_BYTES;
    this.row = own + VECTOR_BYTES;
    this.pool = row + Long.BYTES;
    this.start = pool + Long.BYTES;
    this.end = start + Long.BYTES;
    this.count = end + Long.BYTES;
    this.head = count + Long.BYTES;
    this.tiles = row + VECTOR_BYTES;
    this.frame = tiles + tokens / VECTOR * group * tileBytes + VECTOR_BYTES;
  }

  /** Once, before any piece of work. */
  abstract void prepare();

  /** Once, after all pieces. */
  abstract void release();

  /**
   * The scores of RBX slots with the queries of the tile at R14, unscaled. RSI, RBX, and R10 to R15
   * must be left as they are.
   */
  abstract void scores();

  /** Adds the values of RBX slots by weight to the sums of the tile at R14. */
  abstract void addValues();

  final void emit() {
    Frame.enter(a, frame);
    constants();
    prepare();
    Label pieces = new Label();
    Label done = new Label();
    a.bind(pieces);
    takePiece(done);
    begin();
    a.mov(R12, 0); // the block's first slot, of the sequence's
    Label block = new Label();
    a.bind(block);
    layOutKeys();
    layOutValues();
    attend();
    a.add(R12, BLOCK);
    a.cmp(R12, at(RSP, end));
    a.jump(Condition.BELOW, block);
    finish();
    a.jump(pieces);
    a.bind(done);
    release();
    Frame.leave(a);
  }

  private void constants() {
    Memory memory = at(RSP, scratch);
    exponential = new Exponential(a, Exponential.SHORT, EXPONENTIAL, memory);
    float scale = (float) (Exponential.LOG2_E / Math.sqrt(dim));
    Exponential.constant(a, TO_BASE_2, scale, memory);
    Exponential.constant(a, 0, LEAST, memory);
    for (int i = 0; i < 3; i++) {
      a.store(at(RSP, unseen + i * VECTOR_BYTES), 0);
    }
    a.clear(0);
    a.store(at(RSP, unseen + 3 * VECTOR_BYTES), 0);
    for (int i = 0; i < VECTOR; i += 2) {
      // Elements i and i + 1 of the first row, each beside the second row's.
      a.mov(RAX, i + ((16L + i) << 16) + ((1L + i) << 32) + ((17L + i) << 48));
      a.mov(at(RSP, scratch + i * Float.BYTES), RAX);
    }
    a.load(PAIRING, memory);
  }

  /** Into the frame what the next piece of work is; a piece's last tokens, the longest, first. */
  private void takePiece(Label done) {
    Label next = new Label();
    Label found = new Label();
    a.mov(RAX, 1);
    a.fetchAndAdd(NEXT.memory(), RAX);
    a.mov(RSI, FOURTH.memory());
    a.mov(RCX, I.memory());
    a.bind(next);
    a.cmp(RCX, 0);
    a.jump(Condition.EQUAL, done);
    a.mov(R8, at(RSI, PIECE_COUNT));
    a.add(R8, (1 << tokensShift) - 1);
    a.shiftRight(R8, tokensShift);
    a.mov(R9, R8);
    a.imul(R9, heads); // pieces of work in this piece
    a.cmp(RAX, R9);
    a.jump(Condition.BELOW, found);
    a.sub(RAX, R9);
    a.add(RSI, PIECE);
    a.sub(RCX, 1);
    a.jump(next);

    a.bind(found);
    a.mov(RDX, 0);
    a.mov(RCX, heads);
    a.divide(RCX); // RAX: which tokens, from the last, RDX: head
    a.imul(RDX, headBytes);
    a.mov(at(RSP, head), RDX);
    a.sub(R8, 1);
    a.sub(R8, RAX);
    a.shiftLeft(R8, tokensShift); // tokens of the piece before these
    a.mov(RAX, at(RSI, PIECE_ROW));
    a.add(RAX, R8);
    a.mov(at(RSP, row), RAX);
    a.mov(RAX, at(RSI, PIECE_POOL));
    a.mov(at(RSP, pool), RAX);
    a.mov(RAX, at(RSI, PIECE_START));
    a.add(RAX, R8);
    a.mov(at(RSP, start), RAX);
    a.mov(RCX, at(RSI, PIECE_COUNT));
    a.sub(RCX, R8);
    atMost(RCX, 1 << tokensShift);
    a.mov(at(RSP, count), RCX);
    a.add(RAX, RCX);
    a.mov(at(RSP, end), RAX);
  }

  /** RDX is overwritten. */
  private void atMost(Register register, int most) {
    a.mov(RDX, most);
    a.cmp(register, RDX);
    a.cmov(Condition.ABOVE, register, RDX);
  }

  // ---- queries in, sums out

  /** Lays out the queries, and empties the sums. */
  private void begin() {
    a.mov(R12, at(RSP, row)); // the first query of 16 tokens
    a.imul(R12, J.memory());
    a.mov(RAX, at(RSP, head));
    a.imul(RAX, group);
    a.add(R12, RAX);
    a.add(R12, FIRST.memory());
    a.mov(R13, at(RSP, count)); // that of the last token
    a.sub(R13, 1);
    a.imul(R13, J.memory());
    a.add(R13, R12);
    forEachTile(
        () -> {
          a.mov(RSI, R12);
          a.mov(R9, R13);
          a.mov(RDX, J.memory());
          a.lea(R8, at(RSP, scores));
          copyRows();
          transposeQueries();
          a.clear(0);
          for (int i = 0; i < dim; i++) {
            a.store(at(R14, sums + i * VECTOR_BYTES), 0);
          }
          a.store(at(R14, sum), 0);
          Exponential.constant(a, 0, LEAST, at(RSP, scratch));
          a.store(at(R14, maximum), 0);
          a.add(R12, headBytes);
          a.add(R13, headBytes);
        },
        () -> {
          a.mov(RAX, J.memory());
          a.shiftLeft(RAX, 4);
          a.add(R12, RAX);
          a.sub(R12, group * headBytes);
          a.sub(R13, group * headBytes);
        });
  }

  /** R14: the tile, R15: 16 times the tokens of it and those before it, R10: heads left. */
  private void forEachTile(Runnable body, Runnable afterGroup) {
    Label tokens = new Label();
    Label tile = new Label();
    a.lea(R14, at(RSP, tiles));
    a.mov(R15, 0);
    a.bind(tokens);
    a.mov(R10, group);
    a.bind(tile);
    body.run();
    a.add(R14, tileBytes);
    a.sub(R10, 1);
    a.jump(Condition.NOT_EQUAL, tile);
    afterGroup.run();
    a.add(R15, VECTOR);
    a.cmp(R15, at(RSP, count));
    a.jump(Condition.BELOW, tokens);
  }

  /**
   * Copies 16 rows of D elements from RSI, RDX bytes apart, to R8, as tiles of 32 elements. R9 is
   * the last row that there is: it stands in for all after it.
   */
  private void copyRows() {
    for (int i = 0; i < VECTOR; i++) {
      for (int part = 0; part < dim / 32; part++) {
        a.load(part, at(RSI, part * VECTOR_BYTES));
        a.store(at(R8, part * TILE + i * VECTOR_BYTES), part);
      }
      a.add(RSI, RDX);
      a.cmp(RSI, R9);
      a.cmov(Condition.ABOVE, RSI, R9);
    }
  }

  private void transposeQueries() {
    for (int part = 0; part < dim / 32; part++) {
      for (int query = 0; query < VECTOR; query++) {
        a.load(query, at(R8, part * TILE + query * VECTOR_BYTES));
      }
      int[] pairs = Transposition.emit(a);
      for (int i = 0; i < VECTOR; i++) {
        a.store(at(R14, queries + part * TILE + i * VECTOR_BYTES), pairs[i]);
      }
    }
  }

  /** Divides by the sums of the weights and writes the heads. */
  private void finish() {
    a.mov(R12, at(RSP, row)); // the first result of 16 tokens
    a.imul(R12, rowBytes);
    a.mov(RAX, at(RSP, head));
    a.imul(RAX, group);
    a.add(R12, RAX);
    a.add(R12, OUT.memory());
    forEachTile(
        () -> {
          prefetchRows();
          transposeSums();
          writeRows();
          a.add(R12, headBytes);
        },
        () -> a.add(R12, VECTOR * rowBytes - group * headBytes));
  }

  /** Asks for the memory of the results, which is written when they have been transposed. */
  private void prefetchRows() {
    for (int i = 0; i < VECTOR; i++) {
      for (int part = 0; part < dim / 32; part++) {
        a.prefetch(at(R12, i * rowBytes + part * VECTOR_BYTES));
      }
    }
  }

  private void transposeSums() {
    Exponential.constant(a, RECIPROCAL, 1, at(RSP, scratch));
    a.load(0, at(R14, sum));
    a.divide(RECIPROCAL, RECIPROCAL, 0);
    for (int part = 0; part < dim / 32; part++) {
      for (int i = 0; i < VECTOR; i++) {
        int first = sums + (part * 32 + 2 * i) * VECTOR_BYTES;
        a.multiply(i, RECIPROCAL, at(R14, first));
        a.multiply(SECOND_ROW, RECIPROCAL, at(R14, first + VECTOR_BYTES));
        pair(i, SECOND_ROW);
      }
      int[] rows = Transposition.emit(a);
      for (int query = 0; query < VECTOR; query++) {
        a.store(at(RSP, scores + part * TILE + query * VECTOR_BYTES), rows[query]);
      }
    }
  }

  /** Two rows, narrowed, as one of pairs. */
  private void pair(int first, int second) {
    a.narrow(first, second, first);
    a.permute16(first, PAIRING, first);
  }

  private void writeRows() {
    a.mov(RCX, at(RSP, count));
    a.sub(RCX, R15);
    atMost(RCX, VECTOR);
    a.mov(RSI, R12);
    a.lea(R8, at(RSP, scores));
    Label query = new Label();
    a.bind(query);
    for (int part = 0; part < dim / 32; part++) {
      a.load(0, at(R8, part * TILE));
      a.store(at(RSI, part * VECTOR_BYTES), 0);
    }
    a.add(R8, VECTOR_BYTES);
    a.add(RSI, rowBytes);
    a.sub(RCX, 1);
    a.jump(Condition.NOT_EQUAL, query);
  }

  // ---- a block of slots

  /** R13: the block's slots, rounded up to what a tile of weights has. */
  private void layOutKeys() {
    a.mov(R13, at(RSP, end));
    a.sub(R13, R12);
    atMost(R13, BLOCK);
    a.add(R13, PAIRS - 1);
    a.and(R13, -PAIRS);
    slots(SECOND);
    a.lea(R8, at(RSP, keys));
    a.mov(RBX, R13);
    Label tile = new Label();
    a.bind(tile);
    copyRows();
    a.add(R8, VECTOR * headBytes);
    a.sub(RBX, VECTOR);
    a.jump(Condition.NOT_EQUAL, tile);
  }

  /** RSI: the block's first slot, R9: the last that there is, RDX: bytes from one to the next. */
  private void slots(KernelArguments tensor) {
    a.mov(RDX, slotBytes);
    a.mov(RSI, at(RSP, pool));
    a.mov(R9, RSI);
    a.add(RSI, R12);
    a.add(R9, at(RSP, end));
    a.sub(R9, 1);
    for (Register slot : new Register[] {RSI, R9}) {
      a.imul(slot, RDX);
      a.add(slot, at(RSP, head));
      a.add(slot, tensor.memory());
    }
  }

  private void layOutValues() {
    slots(THIRD);
    a.lea(R10, at(RSP, values));
    a.mov(RBX, R13);
    Label tile = new Label();
    a.bind(tile);
    a.lea(R8, at(RSP, scores));
    copyRows();
    a.add(R8, VECTOR * headBytes);
    copyRows();
    transposeValues();
    a.add(R10, PAIRS * headBytes);
    a.sub(RBX, PAIRS);
    a.jump(Condition.NOT_EQUAL, tile);
  }

  private void transposeValues() {
    for (int part = 0; part < dim / 32; part++) {
      for (int half = 0; half < 2; half++) {
        for (int pair = 0; pair < VECTOR; pair++) {
          int slot = 2 * pair;
          int tile = scores + slot / VECTOR * VECTOR * headBytes + part * TILE;
          Memory first = at(RSP, tile + slot % VECTOR * VECTOR_BYTES);
          Memory second = at(RSP, first.displacement() + VECTOR_BYTES);
          a.load(pair, first);
          if (half == 0) {
            a.interleaveLow16(pair, pair, second);
          } else {
            a.interleaveHigh16(pair, pair, second);
          }
        }
        int[] rows = Transposition.emit(a);
        for (int i = 0; i < VECTOR; i++) {
          int element = 32 * part + 8 * (i / 4) + 4 * half + i % 4; // lanes have eight elements
          a.store(at(R10, element * VECTOR_BYTES), rows[i]);
        }
      }
    }
  }

  /** RBX: slots of the block that a tile's last query sees, rounded up as the block's are. */
  private void attend() {
    Label next = new Label();
    forEachTile(
        () -> {
          a.mov(RSI, at(RSP, start));
          a.add(RSI, R15);
          a.add(RSI, VECTOR);
          a.cmp(RSI, R12);
          a.jump(Condition.NOT_ABOVE, next);
          a.sub(RSI, R12);
          a.lea(RBX, at(RSI, PAIRS - 1));
          a.and(RBX, -PAIRS);
          a.cmp(RBX, R13);
          a.cmov(Condition.ABOVE, RBX, R13);
          scores();
          hide();
          weights();
          values();
          a.bind(next);
        },
        () -> {});
  }

  /**
   * Makes least what comes after a query. RSI is the first slot that no query of the tile sees; the
   * slot k before it is hidden from the first 16 - k.
   */
  private void hide() {
    Label none = new Label();
    Label slot = new Label();
    a.mov(RAX, 0); // the first slot that is hidden from a query
    a.lea(RCX, at(RSI, 1 - VECTOR));
    a.cmp(RSI, VECTOR - 1);
    a.cmov(Condition.ABOVE, RAX, RCX);
    a.mov(RCX, RBX);
    a.sub(RCX, RAX);
    a.jump(Condition.NOT_ABOVE, none);
    a.mov(R9, RAX);
    a.shiftLeft(R9, 6);
    a.lea(R9, at(RSP, R9, 1, scores));
    a.sub(RSI, RAX);
    a.lea(R8, at(RSP, RSI, Float.BYTES, unseen + 2 * VECTOR_BYTES));
    a.bind(slot);
    a.load(0, at(R9));
    a.load(1, at(R8));
    a.add(0, 0, 1);
    a.store(at(R9), 0);
    a.add(R9, VECTOR_BYTES);
    a.sub(R8, Float.BYTES);
    a.sub(RCX, 1);
    a.jump(Condition.NOT_EQUAL, slot);
    a.bind(none);
  }

  /** Scores become weights, in pairs; the sum of the weights so far shrinks to the new maximum. */
  private void weights() {
    a.load(SUM, at(R14, maximum));
    for (int i = 0; i < 4; i++) {
      a.move(i, SUM);
    }
    forEachSlot(8, i -> a.maximum(i % 4, i % 4, at(R9, i * VECTOR_BYTES)));
    a.maximum(0, 0, 1);
    a.maximum(2, 2, 3);
    a.maximum(0, 0, 2);
    a.store(at(R14, maximum), 0);
    a.subtract(FACTOR, SUM, 0);
    a.multiply(FACTOR, FACTOR, TO_BASE_2);
    exponential.emit(FACTOR, 1, 2);
    a.load(SUM, at(R14, sum));
    a.multiply(SUM, SUM, FACTOR);
    a.clear(OFFSET);
    a.subtract(OFFSET, OFFSET, 0);
    a.multiply(OFFSET, OFFSET, TO_BASE_2);
    a.lea(R8, at(RSP, scores));
    forEachSlot(4, this::weight);
    a.store(at(R14, sum), SUM);
  }

  private void weight(int slot) {
    int weight = slot % 2;
    a.load(weight, at(R9, slot * VECTOR_BYTES));
    a.multiplyThenAdd(weight, TO_BASE_2, OFFSET);
    exponential.emit(weight, 2, 3);
    a.add(SUM, SUM, weight);
    if (weight == 1) {
      pair(0, 1);
      a.store(at(R8), 0);
      a.add(R8, VECTOR_BYTES);
    }
  }

  private interface SlotAction {
    void emit(int slot);
  }

  /** R9: the scores of the first of so many slots at a time. */
  private void forEachSlot(int together, SlotAction action) {
    a.lea(R9, at(RSP, scores));
    a.mov(RCX, RBX);
    Label slots = new Label();
    a.bind(slots);
    for (int i = 0; i < together; i++) {
      action.emit(i);
    }
    a.add(R9, together * VECTOR_BYTES);
    a.sub(RCX, together);
    a.jump(Condition.NOT_EQUAL, slots);
  }

  /** Adds the values by weight to the sums so far, which shrink to the new maximum. */
  private void values() {
    for (int i = 0; i < dim; i++) {
      a.multiply(i % 8, FACTOR, at(R14, sums + i * VECTOR_BYTES));
      a.store(at(R14, sums + i * VECTOR_BYTES), i % 8);
    }
    addValues();
  }
}
