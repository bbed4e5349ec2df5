package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.FIRST;
import static dev.millrace.engine.kernel.KernelArguments.FOURTH;
import static dev.millrace.engine.kernel.KernelArguments.I;
import static dev.millrace.engine.kernel.KernelArguments.J;
import static dev.millrace.engine.kernel.KernelArguments.K;
import static dev.millrace.engine.kernel.KernelArguments.NEXT;
import static dev.millrace.engine.kernel.KernelArguments.OUT;
import static dev.millrace.engine.kernel.KernelArguments.SECOND;
import static dev.millrace.engine.kernel.KernelArguments.THIRD;
import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.R10;
import static dev.millrace.engine.kernel.Register.R11;
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
import java.util.List;

/**
 * Attention of single tokens, one of each sequence, straight from the token pool: nothing is copied
 * or padded, and each key and value is read once for all query heads that share it.
 *
 * <p>Arguments: {@code OUT} [T, H, D], {@code FIRST} queries [T, H, D], {@code SECOND} keys and
 * {@code THIRD} values [slots, K, D], all bfloat16, {@code FOURTH} spans [n, 3] of 64-bit integers:
 * the token's row in OUT and queries, its sequence's first slot and how many it sees; {@code I} n,
 * {@code J} bytes from one token's queries to the next one's, {@code K} key/value heads in a piece
 * of work: one of a span's or all. With all, a thread asks for the keys and values of the span that
 * it takes next while it computes this one.
 *
 * <p>Scores of 16 slots at a time come from AMX: the keys' tile times the queries', of which as
 * many columns are used as query heads share the key/value head. Then the softmax is taken as it
 * goes (Milakov and Gimelshein, Online normalizer calculation for softmax, 2018), a block of slots
 * at a time: the sums so far shrink by exp(old maximum - new one). Weighted values are added in
 * float32.
 */
final class AttentionKernel {
  /** Slots of a block: their scores stay in the nearest cache. */
  private static final int BLOCK = 256;

  private static final int VECTOR = 16; // float32 in a vector, and slots in a tile
  private static final int VECTOR_BYTES = 64;
  private static final int TILE = 1024;
  private static final int MOST_GROUP = 16;
  private static final int WIDEST_HEAD = 128;

  /** How many tiles of slots ahead keys are asked for; values are while scores are computed. */
  private static final int TILES_AHEAD = 2;

  private static final int SCORES = 0; // tiles
  private static final int TAIL_SCORES = 1;
  private static final int KEYS = 2;
  private static final int TAIL_KEYS = 3;
  private static final int QUERIES = 4;

  private static final int ACCUMULATORS = 16; // vectors 0 to 15
  private static final int VALUES = 16;
  private static final int EXPONENTIAL = 20;
  private static final int TO_BASE_2 = 28;
  private static final int SUM = 29;
  private static final int MAXIMUM = 30;

  private static final float LEAST = -1e30f; // where -infinity - -infinity would not be a number

  private final Assembler a;
  private final int group;
  private final int heads;
  private final int dim;
  private final int slotBytes;

  // The frame on the stack, from RSP.
  private final int scores = 0; // [BLOCK, 16] float32
  private final int queries = scores + BLOCK * VECTOR_BYTES; // [D / 2, 16] pairs
  private final int sums; // [G, D] float32
  private final int shapes;
  private final int factors; // 16 float32
  private final Memory row;
  private final Memory head;
  private final Memory index; // of the key/value head, counted over all spans
  private final Memory stop; // where the piece of work ends
  private final Memory taken; // the next piece
  private final Stream keys;
  private final Stream values;
  private final int frame;

  private Exponential exponential;

  /**
   * The keys or values of the next span, which a thread asks for while it computes this one: of
   * each head and slot as many lines as one has, one after the other, whosever they are. Two places
   * in the frame: what to ask for next, and the last that may be.
   */
  private record Stream(KernelArguments tensor, int offset) {
    Memory next() {
      return at(RSP, offset);
    }

    Memory last() {
      return at(RSP, offset + Long.BYTES);
    }
  }

  private AttentionKernel(Assembler assembler, int queryHeads, int kvHeads, int headDim) {
    this.a = assembler;
    this.group = queryHeads / kvHeads;
    this.heads = kvHeads;
    this.dim = headDim;
    this.slotBytes = kvHeads * headDim * Short.BYTES;
    this.sums = queries + dim / 2 * VECTOR_BYTES;
    this.shapes = sums + group * dim * Float.BYTES;
    this.factors = shapes + TileShapes.BYTES;
    int numbers = factors + VECTOR_BYTES;
    this.row = at(RSP, numbers);
    this.head = at(RSP, numbers + Long.BYTES);
    this.index = at(RSP, numbers + 2 * Long.BYTES);
    this.stop = at(RSP, numbers + 3 * Long.BYTES);
    this.taken = at(RSP, numbers + 4 * Long.BYTES);
    this.keys = new Stream(SECOND, numbers + 5 * Long.BYTES);
    this.values = new Stream(THIRD, numbers + 7 * Long.BYTES);
    this.frame = numbers + 2 * VECTOR_BYTES;
  }

  /** Whether these heads fit the registers, here and in {@link PromptAttentionKernel}. */
  static boolean fits(int queryHeads, int kvHeads, int headDim) {
    return queryHeads / kvHeads <= MOST_GROUP && headDim % 32 == 0 && headDim <= WIDEST_HEAD;
  }

  static void requireFit(int queryHeads, int kvHeads, int headDim) {
    if (!fits(queryHeads, kvHeads, headDim)) {
      throw new IllegalArgumentException(
          "no attention kernel for %d query and %d key/value heads of %d"
              .formatted(queryHeads, kvHeads, headDim));
    }
  }

  static void emit(Assembler assembler, int queryHeads, int kvHeads, int headDim) {
    requireFit(queryHeads, kvHeads, headDim);
    new AttentionKernel(assembler, queryHeads, kvHeads, headDim).emit();
  }

  private void emit() {
    Frame.enter(a, frame);
    exponential = new Exponential(a, Exponential.EXACT, EXPONENTIAL, row);
    float scale = (float) (Exponential.LOG2_E / Math.sqrt(dim));
    Exponential.constant(a, TO_BASE_2, scale, row);
    TileShapes.emit(a, shapes);
    a.clear(0);
    for (int pair = 0; pair < dim / 2; pair++) { // columns of no query stay 0
      a.store(at(RSP, queries + pair * VECTOR_BYTES), 0);
    }
    a.mov(R11, VECTOR_BYTES);
    Label pieces = new Label();
    Label done = new Label();
    take();
    a.bind(pieces);
    nextPiece(done);
    lookAhead();
    Label heads = new Label();
    a.bind(heads);
    locate();
    for (int tile = 0; tile < TILES_AHEAD; tile++) {
      prefetch(R12, tile);
    }
    loadQueries();
    begin();
    Label block = new Label();
    a.bind(block);
    a.mov(R15, BLOCK); // slots of this block
    a.cmp(R14, R15);
    a.cmov(Condition.BELOW, R15, R14);
    scores();
    weights();
    values();
    a.mov(RAX, R15);
    a.imul(RAX, slotBytes);
    a.add(R12, RAX);
    a.add(R13, RAX);
    a.sub(R14, R15);
    a.jump(Condition.NOT_EQUAL, block);
    finish();
    a.mov(RAX, index);
    a.add(RAX, 1);
    a.mov(index, RAX);
    a.cmp(RAX, stop);
    a.jump(Condition.BELOW, heads);
    a.jump(pieces);
    a.bind(done);
    Frame.leave(a);
  }

  /** Takes a piece of work ahead of its time. */
  private void take() {
    a.mov(RAX, 1);
    a.fetchAndAdd(NEXT.memory(), RAX);
    a.mov(taken, RAX);
  }

  private void nextPiece(Label done) {
    a.mov(RAX, taken);
    a.imul(RAX, K.memory());
    a.mov(index, RAX);
    a.mov(RCX, I.memory());
    a.imul(RCX, heads);
    a.cmp(RAX, RCX);
    a.jump(Condition.NOT_BELOW, done);
    a.add(RAX, K.memory());
    a.mov(stop, RAX);
    take();
  }

  /**
   * R8: queries, R12: keys, R13: values, R14: slots; the row and the key/value head in the frame.
   */
  private void locate() {
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
    a.imul(RCX, group * dim * Short.BYTES);
    a.add(R8, RCX);
    a.mov(R12, at(RAX, Long.BYTES));
    a.imul(R12, slotBytes);
    a.imul(RDX, dim * Short.BYTES);
    a.add(R12, RDX);
    a.mov(R13, R12);
    a.add(R12, SECOND.memory());
    a.add(R13, THIRD.memory());
    a.mov(R14, at(RAX, 2 * Long.BYTES));
  }

  /** RAX, a span's number, becomes its address. */
  private void span() {
    a.imul(RAX, 3 * Long.BYTES);
    a.add(RAX, FOURTH.memory());
  }

  /** Where the next span's keys and values are; where there is none, the cache's first. */
  private void lookAhead() {
    Label end = new Label();
    a.mov(RDX, 0); // the first slot, in bytes
    a.mov(RCX, 0); // and from there the last to ask for
    a.mov(RAX, K.memory());
    a.cmp(RAX, heads);
    a.jump(Condition.NOT_EQUAL, end);
    a.mov(RAX, taken);
    a.cmp(RAX, I.memory());
    a.jump(Condition.NOT_BELOW, end);
    span();
    a.mov(RDX, at(RAX, Long.BYTES));
    a.imul(RDX, slotBytes);
    a.mov(RCX, at(RAX, 2 * Long.BYTES));
    a.imul(RCX, slotBytes);
    a.sub(RCX, dim * Short.BYTES);
    a.bind(end);
    for (Stream stream : List.of(keys, values)) {
      a.mov(RAX, stream.tensor.memory());
      a.add(RAX, RDX);
      a.mov(stream.next(), RAX);
      a.add(RAX, RCX);
      a.mov(stream.last(), RAX);
    }
  }

  /** Each query becomes a column of pairs, as the right operand of AMX wants it. */
  private void loadQueries() {
    a.mov(RAX, R14);
    a.and(RAX, VECTOR - 1);
    Label tail = new Label();
    a.jump(Condition.NOT_EQUAL, tail);
    a.mov(RAX, VECTOR);
    a.bind(tail);
    TileShapes.rows(a, shapes, RAX, TAIL_SCORES, TAIL_KEYS);
    a.loadTileShapes(at(RSP, shapes));
    a.lea(R9, at(RSP, queries));
    a.mov(RCX, dim / 2);
    Label pair = new Label();
    a.bind(pair);
    for (int query = 0; query < group; query++) {
      a.mov32(RAX, at(R8, query * dim * Short.BYTES));
      a.mov32(at(R9, query * Float.BYTES), RAX);
    }
    a.add(R8, 2 * Short.BYTES);
    a.add(R9, VECTOR_BYTES);
    a.sub(RCX, 1);
    a.jump(Condition.NOT_EQUAL, pair);
    for (int tile = 0; tile < dim / 32; tile++) {
      a.loadTile(QUERIES + tile, at(RSP, R11, 1, queries + tile * TILE));
    }
  }

  private void begin() {
    a.clear(SUM);
    Exponential.constant(a, MAXIMUM, LEAST, at(RSP, factors));
    for (int i = 0; i < group * dim / VECTOR; i++) {
      a.store(at(RSP, sums + i * VECTOR_BYTES), SUM);
    }
  }

  /** The scores of the block's R15 slots, unscaled; a query's are a column. */
  private void scores() {
    a.mov(RCX, R15);
    a.mov(RSI, R12);
    a.mov(RBX, R13);
    a.lea(R9, at(RSP, scores));
    a.mov(RDX, slotBytes);
    Label tiles = new Label();
    Label tail = new Label();
    Label end = new Label();
    a.bind(tiles);
    a.cmp(RCX, VECTOR);
    a.jump(Condition.BELOW, tail);
    prefetch(RSI, TILES_AHEAD);
    prefetch(RBX, 0);
    tile(SCORES, KEYS);
    a.add(RSI, VECTOR * slotBytes);
    a.add(RBX, VECTOR * slotBytes);
    a.add(R9, TILE);
    a.sub(RCX, VECTOR);
    a.jump(tiles);
    a.bind(tail);
    a.cmp(RCX, 0);
    a.jump(Condition.EQUAL, end);
    prefetch(RBX, 0);
    tile(TAIL_SCORES, TAIL_KEYS);
    a.bind(end);
  }

  private void tile(int scores, int keys) {
    a.zeroTile(scores);
    for (int part = 0; part < dim / 32; part++) {
      a.loadTile(keys, at(RSI, RDX, 1, part * VECTOR_BYTES));
      a.multiplyTiles(scores, keys, QUERIES + part);
    }
    a.storeTile(at(R9, R11), scores);
  }

  /** Asks for a tile's slots, some tiles after the one that the register points to. */
  private void prefetch(Register slots, int tiles) {
    for (int slot = 0; slot < VECTOR; slot++) {
      for (int line = 0; line < dim * Short.BYTES; line += 64) {
        a.prefetch(at(slots, (tiles * VECTOR + slot) * slotBytes + line));
      }
    }
  }

  /** Runs the body for each slot, and each time asks for a little of the next span. */
  private void forEachSlot(Stream stream, Runnable body) {
    a.mov(R8, stream.next());
    a.mov(RBX, stream.last());
    forEachSlot(
        () -> {
          for (int line = 0; line < dim * Short.BYTES; line += 64) {
            a.prefetchFar(at(R8, line));
          }
          a.add(R8, dim * Short.BYTES);
          a.cmp(R8, RBX);
          a.cmov(Condition.ABOVE, R8, RBX);
          body.run();
        });
    a.mov(stream.next(), R8);
  }

  /** Scores become exp(score - maximum); the sums so far shrink to the new maximum. */
  private void weights() {
    a.move(0, MAXIMUM);
    forEachSlot(() -> a.maximum(0, 0, at(R9)));
    a.subtract(1, MAXIMUM, 0);
    a.multiply(1, 1, TO_BASE_2);
    exponential.emit(1, 2, 3);
    a.store(at(RSP, factors), 1);
    a.multiply(SUM, SUM, 1);
    a.move(MAXIMUM, 0);
    forEachSlot(
        keys,
        () -> {
          a.load(1, at(R9));
          a.subtract(1, 1, MAXIMUM);
          a.multiply(1, 1, TO_BASE_2);
          exponential.emit(1, 2, 3);
          a.store(at(R9), 1);
          a.add(SUM, SUM, 1);
        });
  }

  private void forEachSlot(Runnable body) {
    a.lea(R9, at(RSP, scores));
    a.mov(RCX, R15);
    Label slot = new Label();
    a.bind(slot);
    body.run();
    a.add(R9, VECTOR_BYTES);
    a.sub(RCX, 1);
    a.jump(Condition.NOT_EQUAL, slot);
  }

  /** Adds the block's values by weight, as many of their elements at a time as registers hold. */
  private void values() {
    int width = Math.min(dim / VECTOR, ACCUMULATORS / group);
    for (int first = 0; first < dim / VECTOR; first += width) {
      int vectors = Math.min(width, dim / VECTOR - first);
      int offset = first;
      eachSum(offset, vectors, (sum, memory) -> a.load(sum, memory));
      for (int query = 0; query < group; query++) {
        for (int i = 0; i < vectors; i++) {
          int sum = query * vectors + i;
          a.multiplyBroadcast(sum, sum, at(RSP, factors + query * Float.BYTES));
        }
      }
      a.lea(RSI, at(R13, offset * VECTOR * Short.BYTES));
      if (first == 0) {
        forEachSlot(values, () -> addValues(vectors));
      } else {
        forEachSlot(() -> addValues(vectors));
      }
      eachSum(offset, vectors, (sum, memory) -> a.store(memory, sum));
    }
  }

  private void addValues(int vectors) {
    for (int i = 0; i < vectors; i++) {
      int value = VALUES + i % (EXPONENTIAL - VALUES);
      a.widen(value, at(RSI, i * VECTOR * Short.BYTES));
      a.shiftLeft(value, value, 16);
      for (int query = 0; query < group; query++) {
        a.addProductBroadcast(query * vectors + i, value, at(R9, query * Float.BYTES));
      }
    }
    a.add(RSI, slotBytes);
  }

  private interface SumAction {
    void accept(int sum, Memory memory);
  }

  private void eachSum(int first, int vectors, SumAction action) {
    for (int query = 0; query < group; query++) {
      for (int i = 0; i < vectors; i++) {
        int element = query * dim + (first + i) * VECTOR;
        action.accept(query * vectors + i, at(RSP, sums + element * Float.BYTES));
      }
    }
  }

  /** Divides by the sums of the weights and writes the heads. */
  private void finish() {
    Exponential.constant(a, 0, 1, at(RSP, factors));
    a.divide(0, 0, SUM);
    a.store(at(RSP, factors), 0);
    a.mov(R10, row);
    a.imul(R10, heads * group * dim * Short.BYTES);
    a.mov(RAX, head);
    a.imul(RAX, group * dim * Short.BYTES);
    a.add(R10, RAX);
    a.add(R10, OUT.memory());
    for (int query = 0; query < group; query++) {
      for (int i = 0; i < dim / VECTOR; i++) {
        int element = query * dim + i * VECTOR;
        a.load(0, at(RSP, sums + element * Float.BYTES));
        a.multiplyBroadcast(0, 0, at(RSP, factors + query * Float.BYTES));
        a.narrow(0, 0);
        a.storeHalf(at(R10, element * Short.BYTES), 0);
      }
    }
  }
}
