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
import java.util.Arrays;

/**
 * Attention of single tokens, one of each sequence, straight from the token pool: nothing is copied
 * or padded but the last few slots, and each key and value is read once for all query heads that
 * share it.
 *
 * <p>Arguments: {@code OUT} [T, H, D], {@code FIRST} queries [T, H, D], {@code SECOND} keys and
 * {@code THIRD} values [slots, K, D], all bfloat16, {@code FOURTH} spans [n, 3] of 64-bit integers:
 * the token's row in OUT and queries, its sequence's first slot and how many it sees; {@code I} n,
 * {@code J} bytes from one token's queries to the next one's, {@code K} key/value heads in a piece
 * of work: one of a span's or all. With all, a thread asks for the keys and values of the span that
 * it takes next while it computes this one.
 *
 * <p>The context is taken a block of slots at a time, so that what is made of it stays in the
 * nearest cache. All multiplying is AMX's, 16 slots at a time:
 *
 * <pre>
 *   scores  [16, queries]     = keys [16, D] * queries [D, queries]
 *   weights [4 * queries, 16] = exp(scores - maximum)
 *   sums    [4 * queries, D] += weights * values [16, D]
 * </pre>
 *
 * The softmax is taken as it goes (Milakov and Gimelshein, Online normalizer calculation for
 * softmax, 2018): from one block to the next the sums shrink by exp(old maximum - new one).
 *
 * <p>AMX wants the values in pairs of slots, but neighbours in the cache are elements of one slot.
 * So the pair is an element of even number and the next one, and of each weight there are two rows:
 * one with a zero beside the weight sums the even elements, one with the weight beside a zero the
 * odd ones. Both are there twice, because a weight is the sum of two bfloat16: its upper half, and
 * the upper half of what that leaves. So a tile has the weights of four queries.
 */
final class AttentionKernel {
  /** Scores of a block. What is made of one, at most 16 KB, stays in the nearest cache. */
  private static final int BLOCK_SCORES = 1024;

  private static final int VECTOR = 16; // float32 in a vector, and slots in a tile
  private static final int VECTOR_BYTES = 64;
  private static final int MOST_GROUP = 16;
  private static final int WIDEST_HEAD = 128;

  /** Rows of weights that a query has: the upper half's for even and odd elements, the rest's. */
  private static final int ROWS = 4;

  private static final int QUERIES_IN_TILE = 16 / ROWS;

  private static final int EVEN = 0;
  private static final int ODD = 1;
  private static final int REST = 2;

  /** How many tiles of slots ahead keys are asked for; values are while scores are computed. */
  private static final int TILES_AHEAD = 2;

  private static final int TILES = 8;
  private static final int SCORES = 0; // tiles
  private static final int SLOTS = 1; // keys or values
  private static final int WEIGHTS = 2;
  private static final int QUERIES = 3; // and after them the sums

  // Vectors: 0 to 15 are a tile's scores, a column's weights, or for other work at hand.
  private static final int SPARE = 16;
  private static final int FIRST_SCRATCH = 17;
  private static final int SECOND_SCRATCH = 18;
  private static final int SUM = 19;
  private static final int EXPONENTIAL = 20;
  private static final int EVENS = 26; // orders of two vectors' elements
  private static final int ODDS = 27;
  private static final int TO_BASE_2 = 28;
  private static final int UPPER_HALF = 29;
  private static final int FACTOR = 30;
  private static final int OFFSET = 31;

  // Orders of a vector's four quarters, or of a quarter's four elements: 1 0 3 2 and 2 3 0 1.
  private static final int NEIGHBOURS = 0xB1;
  private static final int HALVES = 0x4E;

  private static final float LEAST = -1e30f; // where -infinity - -infinity would not be a number

  private final Assembler a;
  private final int group;
  private final int heads;
  private final int dim;
  private final int headBytes;
  private final int slotBytes;
  private final int columns; // of a tile of scores: a power of two; some may be no query's
  private final int scoreBytes; // of a slot
  private final int block; // slots
  private final int rows; // of a tile of weights
  private final int weightTiles; // of 16 slots
  private final int sumTiles;

  // The frame on the stack, from RSP.
  private final int scores = 0; // [block, columns] float32, and a tile's
  private final int weights; // [block / 16, tiles, rows, 16] pairs
  private final int lastSlots; // [16, D] bfloat16
  private final int blockSums; // [rows, 16] float32
  private final int queries; // [D / 2, columns] pairs
  private final int sums; // [queries, D / 32, 2, 16] float32: the even elements, then the odd ones
  private final int maximum; // 16 float32, the columns' repeated
  private final int sum; // of the weights: 16 float32, what a column has is added up in the end
  private final int factors; // 16 float32, the columns' repeated: what the sums shrink by
  private final int least; // 16 times LEAST
  private final int pairing; // the order that brings even and odd elements together
  private final int shapes;
  private final Memory row;
  private final Memory head;
  private final Memory index; // of the key/value head, counted over all spans
  private final Memory stop; // where the piece of work ends
  private final Memory taken; // the next piece
  private final Memory asked; // the next span's keys that are to be asked for next
  private final Memory askedEnd; // where their first half ends
  private final Memory half; // in bytes
  private final Memory toValues; // bytes from a key to its value
  private final int frame;

  private Exponential exponential;
  private int spare; // a vector, while the weights are parted

  private AttentionKernel(Assembler assembler, int queryHeads, int kvHeads, int headDim) {
    this.a = assembler;
    this.group = queryHeads / kvHeads;
    this.heads = kvHeads;
    this.dim = headDim;
    this.headBytes = headDim * Short.BYTES;
    this.slotBytes = kvHeads * headBytes;
    this.columns = group == 1 ? 1 : 2 * Integer.highestOneBit(group - 1);
    this.scoreBytes = columns * Float.BYTES;
    this.block = BLOCK_SCORES / columns;
    this.rows = ROWS * Math.min(group, QUERIES_IN_TILE);
    this.weightTiles = (group + QUERIES_IN_TILE - 1) / QUERIES_IN_TILE;
    this.sumTiles = Math.min(dim / 32, TILES - QUERIES - dim / 32);

    this.weights = scores + (block + VECTOR) * scoreBytes;
    this.lastSlots = weights + block / VECTOR * weightTiles * rows * VECTOR_BYTES;
    this.blockSums = lastSlots + VECTOR * headBytes;
    this.queries = blockSums + rows * VECTOR_BYTES;
    this.sums = queries + dim / 2 * scoreBytes;
    this.maximum = sums + group * dim * Float.BYTES;
    this.sum = maximum + VECTOR_BYTES;
    this.factors = sum + VECTOR_BYTES;
    this.least = factors + VECTOR_BYTES;
    this.pairing = least + VECTOR_BYTES;
    this.shapes = pairing + VECTOR_BYTES;
    int numbers = shapes + TileShapes.BYTES;
    this.row = at(RSP, numbers);
    this.head = at(RSP, numbers + Long.BYTES);
    this.index = at(RSP, numbers + 2 * Long.BYTES);
    this.stop = at(RSP, numbers + 3 * Long.BYTES);
    this.taken = at(RSP, numbers + 4 * Long.BYTES);
    this.asked = at(RSP, numbers + 5 * Long.BYTES);
    this.askedEnd = at(RSP, numbers + 6 * Long.BYTES);
    this.half = at(RSP, numbers + 7 * Long.BYTES);
    this.toValues = at(RSP, numbers + 8 * Long.BYTES);
    this.frame = numbers + 3 * VECTOR_BYTES;
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
    constants();
    tileShapes();
    Label pieces = new Label();
    Label done = new Label();
    take();
    a.bind(pieces);
    nextPiece(done);
    lookAhead();
    Label heads = new Label();
    a.bind(heads);
    locate();
    begin();
    Label blocks = new Label();
    a.bind(blocks);
    a.mov(R15, block); // slots of this block
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
    a.jump(Condition.NOT_EQUAL, blocks);
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

  private void constants() {
    exponential = new Exponential(a, Exponential.EXACT, EXPONENTIAL, row);
    float scale = (float) (Exponential.LOG2_E / Math.sqrt(dim));
    Exponential.constant(a, TO_BASE_2, scale, row);
    a.mov(RAX, 0xFFFF_0000L);
    a.mov(row, RAX);
    a.broadcast(UPPER_HALF, row);
    for (int i = 0; i < VECTOR; i += 2) { // of two elements the lower 32 bits, then the upper
      a.mov(RAX, 2L * i + ((2L * i + 2) << 32));
      a.mov(at(RSP, maximum + i * Float.BYTES), RAX);
      a.mov(RAX, 2L * i + 1 + ((2L * i + 3) << 32));
      a.mov(at(RSP, sum + i * Float.BYTES), RAX);
      a.mov(RAX, i + ((16L + i) << 16) + ((1L + i) << 32) + ((17L + i) << 48));
      a.mov(at(RSP, pairing + i * Float.BYTES), RAX);
    }
    a.load(EVENS, at(RSP, maximum));
    a.load(ODDS, at(RSP, sum));
    Exponential.constant(a, 0, LEAST, row);
    a.store(at(RSP, least), 0);
    a.clear(0);
    for (int i = queries; i < sums; i += VECTOR_BYTES) {
      a.store(at(RSP, i), 0); // columns of no query stay 0
    }
  }

  /** Shapes that serve all spans: to load others takes long. R10, R11: bytes of a row. */
  private void tileShapes() {
    TileShapes.emit(a, shapes);
    a.mov(RCX, scoreBytes);
    TileShapes.widths(a, shapes, RCX, SCORES);
    a.mov(RDX, rows);
    TileShapes.rows(a, shapes, RDX, WEIGHTS);
    for (int part = 0; part < dim / 32; part++) {
      TileShapes.widths(a, shapes, RCX, QUERIES + part);
    }
    for (int sum = 0; sum < sumTiles; sum++) {
      TileShapes.rows(a, shapes, RDX, QUERIES + dim / 32 + sum);
    }
    a.loadTileShapes(at(RSP, shapes));
    a.mov(RAX, THIRD.memory());
    a.mov(RCX, SECOND.memory());
    a.sub(RAX, RCX);
    a.mov(toValues, RAX);
    a.mov(R10, scoreBytes);
    a.mov(R11, VECTOR_BYTES);
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
  private void span() {
    a.imul(RAX, 3 * Long.BYTES);
    a.add(RAX, FOURTH.memory());
  }

  /** Where the first half of the next span's keys is; nowhere if this thread takes none. */
  private void lookAhead() {
    Label end = new Label();
    a.mov(RCX, 0);
    a.mov(asked, RCX);
    a.mov(askedEnd, RCX);
    a.mov(RAX, K.memory());
    a.cmp(RAX, heads);
    a.jump(Condition.NOT_EQUAL, end);
    a.mov(RAX, taken);
    a.cmp(RAX, I.memory());
    a.jump(Condition.NOT_BELOW, end);
    span();
    a.mov(RDX, at(RAX, Long.BYTES));
    a.imul(RDX, slotBytes);
    a.add(RDX, SECOND.memory());
    a.mov(asked, RDX);
    a.mov(RCX, at(RAX, 2 * Long.BYTES));
    a.imul(RCX, slotBytes / 2);
    a.mov(half, RCX);
    a.add(RDX, RCX);
    a.mov(askedEnd, RDX);
    a.bind(end);
  }

  /** Queries become columns of pairs, as the right operand of AMX wants it; the sums are empty. */
  private void begin() {
    a.load(0, at(RSP, least));
    a.store(at(RSP, maximum), 0);
    a.clear(0);
    a.store(at(RSP, sum), 0);
    for (int i = sums; i < maximum; i += VECTOR_BYTES) {
      a.store(at(RSP, i), 0);
    }
    a.lea(R9, at(RSP, queries));
    a.mov(RCX, dim / 2);
    Label pair = new Label();
    a.bind(pair);
    for (int query = 0; query < group; query++) {
      a.mov32(RAX, at(R8, query * headBytes));
      a.mov32(at(R9, query * Float.BYTES), RAX);
    }
    a.add(R8, 2 * Short.BYTES);
    a.add(R9, scoreBytes);
    a.sub(RCX, 1);
    a.jump(Condition.NOT_EQUAL, pair);
    for (int part = 0; part < dim / 32; part++) {
      a.loadTile(QUERIES + part, at(RSP, R10, 1, queries + part * VECTOR * scoreBytes));
    }
  }

  /** The scores of the block's R15 slots, unscaled; those up to a whole tile are the least. */
  private void scores() {
    a.mov(RSI, R12);
    a.lea(R9, at(RSP, scores));
    forEachTile(
        true,
        () -> {
          prefetch();
          a.zeroTile(SCORES);
          for (int part = 0; part < dim / 32; part++) {
            a.loadTile(SLOTS, at(RSI, RDX, 1, part * VECTOR_BYTES));
            a.multiplyTiles(SCORES, SLOTS, QUERIES + part);
          }
          a.storeTile(at(R9, R10), SCORES);
          a.add(R9, VECTOR * scoreBytes);
        });
    a.mov(RAX, R15);
    a.imul(RAX, scoreBytes);
    a.load(0, at(RSP, least));
    for (int i = 0; i < columns; i++) {
      a.store(at(RSP, RAX, 1, scores + i * VECTOR_BYTES), 0);
    }
  }

  /** RSI: the tile's first slot, RDX: bytes from one to the next. */
  private void forEachTile(boolean asks, Runnable body) {
    Label tiles = new Label();
    Label last = new Label();
    Label end = new Label();
    a.mov(RCX, R15);
    a.mov(RDX, slotBytes);
    if (asks) {
      a.mov(R8, asked);
      a.mov(RBX, half);
    }
    a.bind(tiles);
    a.cmp(RCX, VECTOR);
    a.jump(Condition.BELOW, last);
    if (asks) {
      ask();
    }
    body.run();
    a.add(RSI, VECTOR * slotBytes);
    a.sub(RCX, VECTOR);
    a.jump(tiles);
    a.bind(last);
    if (asks) {
      a.mov(asked, R8);
    }
    a.cmp(RCX, 0);
    a.jump(Condition.EQUAL, end);
    copyLastSlots();
    body.run();
    a.bind(end);
  }

  /** Copies RCX slots, 1 to 15, from RSI; the last stands in for those that a tile lacks. */
  private void copyLastSlots() {
    a.lea(RAX, at(RCX, -1));
    a.imul(RAX, slotBytes);
    a.add(RAX, RSI);
    for (int slot = 0; slot < VECTOR; slot++) {
      for (int part = 0; part < dim / 32; part++) {
        a.load(part, at(RSI, part * VECTOR_BYTES));
        a.store(at(RSP, lastSlots + slot * headBytes + part * VECTOR_BYTES), part);
      }
      a.add(RSI, RDX);
      a.cmp(RSI, RAX);
      a.cmov(Condition.ABOVE, RSI, RAX);
    }
    a.lea(RSI, at(RSP, lastSlots));
    a.mov(RDX, headBytes);
  }

  /**
   * Asks for as much of the next span as a tile of this one is, in four places at a time: memory
   * answers several pages sooner than one. R8: the keys' first half, RBX: its bytes.
   */
  private void ask() {
    Label end = new Label();
    a.cmp(R8, askedEnd);
    a.jump(Condition.NOT_BELOW, end);
    a.mov(RAX, toValues);
    a.add(RAX, R8);
    for (int line = 0; line < VECTOR * headBytes / 4; line += 64) {
      a.prefetchFar(at(R8, line));
      a.prefetchFar(at(RAX, line));
      a.prefetchFar(at(R8, RBX, 1, line));
      a.prefetchFar(at(RAX, RBX, 1, line));
    }
    a.add(R8, VECTOR * headBytes / 4);
    a.bind(end);
  }

  /** Where the heads of a span are taken one by one: asks for keys soon and values later needed. */
  private void prefetch() {
    Label end = new Label();
    a.mov(RAX, K.memory());
    a.cmp(RAX, heads);
    a.jump(Condition.EQUAL, end);
    a.mov(RAX, toValues);
    a.add(RAX, RSI);
    for (int slot = 0; slot < VECTOR; slot++) {
      for (int line = 0; line < headBytes; line += 64) {
        a.prefetch(at(RSI, (TILES_AHEAD * VECTOR + slot) * slotBytes + line));
        a.prefetchFar(at(RAX, slot * slotBytes + line));
      }
    }
    a.bind(end);
  }

  /** Scores become weights; the sum of the weights so far shrinks to the new maximum. */
  private void weights() {
    a.load(FACTOR, at(RSP, maximum));
    for (int i = 0; i < columns; i++) {
      a.move(i, FACTOR);
    }
    forEachScores(i -> a.maximum(i, i, at(R9, i * VECTOR_BYTES)), () -> {});
    for (int distance = columns / 2; distance > 0; distance /= 2) {
      for (int i = 0; i < distance; i++) {
        a.maximum(i, i, i + distance);
      }
    }
    acrossSlots(0, a::maximum);
    a.store(at(RSP, maximum), 0);
    a.subtract(FACTOR, FACTOR, 0);
    a.multiply(FACTOR, FACTOR, TO_BASE_2);
    exponential.emit(FACTOR, FIRST_SCRATCH, SECOND_SCRATCH);
    a.store(at(RSP, factors), FACTOR);
    a.clear(OFFSET);
    a.subtract(OFFSET, OFFSET, 0);
    a.multiply(OFFSET, OFFSET, TO_BASE_2);
    a.multiply(SUM, FACTOR, at(RSP, sum));
    a.lea(R8, at(RSP, weights));
    forEachScores(this::weight, this::layOutWeights);
    a.store(at(RSP, sum), SUM);
  }

  private void weight(int i) {
    a.load(i, at(R9, i * VECTOR_BYTES));
    a.multiplyThenAdd(i, TO_BASE_2, OFFSET);
    exponential.emit(i, FIRST_SCRATCH, SECOND_SCRATCH);
    a.add(SUM, SUM, i);
  }

  private void layOutWeights() {
    int[] ofSlots = new int[columns];
    Arrays.setAll(ofSlots, i -> i);
    spare = SPARE;
    int[] ofQueries = parted(ofSlots);
    for (int query = 0; query < group; query++) {
      int weight = ofQueries[query];
      int tileRow = query * ROWS * VECTOR_BYTES;
      layOut(weight, tileRow);
      a.subtract(weight, weight, FIRST_SCRATCH);
      layOut(weight, tileRow + REST * VECTOR_BYTES);
    }
    a.add(R8, weightTiles * rows * VECTOR_BYTES);
  }

  /** The vectors' elements, the columns' by turns, become a vector for each column. */
  private int[] parted(int[] vectors) {
    if (vectors.length == 1) {
      return vectors;
    }
    int half = vectors.length / 2;
    int[] evens = new int[half];
    int[] odds = new int[half];
    for (int i = 0; i < half; i++) {
      int left = vectors[2 * i];
      int right = vectors[2 * i + 1];
      evens[i] = left;
      odds[i] = spare;
      a.move(spare, left);
      a.permuteBoth(left, EVENS, right);
      a.permuteBoth(spare, ODDS, right);
      spare = right;
    }
    int[] columns = new int[vectors.length];
    int[] ofEvens = parted(evens);
    int[] ofOdds = parted(odds);
    for (int i = 0; i < half; i++) {
      columns[2 * i] = ofEvens[i];
      columns[2 * i + 1] = ofOdds[i];
    }
    return columns;
  }

  private void layOut(int weight, int tileRow) {
    a.and(FIRST_SCRATCH, weight, UPPER_HALF);
    a.shiftRight(SECOND_SCRATCH, weight, 16);
    a.store(at(R8, tileRow + ODD * VECTOR_BYTES), FIRST_SCRATCH);
    a.store(at(R8, tileRow + EVEN * VECTOR_BYTES), SECOND_SCRATCH);
  }

  private interface Operation {
    void emit(int target, int left, int right);
  }

  /** Each element becomes what comes of all those of its column. */
  private void acrossSlots(int vector, Operation operation) {
    for (int distance = columns; distance < VECTOR; distance *= 2) {
      int order = distance == 1 || distance == 4 ? NEIGHBOURS : HALVES;
      if (distance < 4) {
        a.permuteWithinFours(FIRST_SCRATCH, vector, order);
      } else {
        a.permuteFours(FIRST_SCRATCH, vector, order);
      }
      operation.emit(vector, vector, FIRST_SCRATCH);
    }
  }

  private interface VectorAction {
    void emit(int vector);
  }

  /** R9: the scores of a tile. */
  private void forEachScores(VectorAction action, Runnable afterTile) {
    a.lea(R9, at(RSP, scores));
    a.mov(RCX, R15);
    Label tile = new Label();
    a.bind(tile);
    for (int i = 0; i < columns; i++) {
      action.emit(i);
    }
    afterTile.run();
    a.add(R9, VECTOR * scoreBytes);
    a.sub(RCX, VECTOR);
    a.jump(Condition.ABOVE, tile);
  }

  /** Adds the block's values by weight, as many of their elements at a time as tiles hold. */
  private void values() {
    for (int tile = 0; tile < weightTiles; tile++) {
      for (int first = 0; first < dim / 32; first += sumTiles) {
        values(tile, first, Math.min(sumTiles, dim / 32 - first));
      }
    }
  }

  private void values(int tile, int first, int count) {
    int sumTile = QUERIES + dim / 32;
    for (int i = 0; i < count; i++) {
      a.zeroTile(sumTile + i);
    }
    a.lea(R9, at(RSP, weights + tile * rows * VECTOR_BYTES));
    a.mov(RSI, R13);
    forEachTile(
        tile == 0 && first == 0,
        () -> {
          a.loadTile(WEIGHTS, at(R9, R11));
          for (int i = 0; i < count; i++) {
            a.loadTile(SLOTS, at(RSI, RDX, 1, (first + i) * VECTOR_BYTES));
            a.multiplyTiles(sumTile + i, WEIGHTS, SLOTS);
          }
          a.add(R9, weightTiles * rows * VECTOR_BYTES);
        });
    for (int i = 0; i < count; i++) {
      a.storeTile(at(RSP, R11, 1, blockSums), sumTile + i);
      int firstQuery = tile * QUERIES_IN_TILE;
      for (int query = firstQuery; query < Math.min(firstQuery + QUERIES_IN_TILE, group); query++) {
        addBlock(query, first + i);
      }
    }
  }

  private void addBlock(int query, int part) {
    for (int parity = EVEN; parity <= ODD; parity++) {
      int tileRow = query % QUERIES_IN_TILE * ROWS + parity;
      int upper = blockSums + tileRow * VECTOR_BYTES;
      a.load(0, at(RSP, upper));
      a.load(1, at(RSP, upper + REST * VECTOR_BYTES));
      a.load(2, sums(query, part, parity));
      a.add(0, 0, 1);
      a.addProductBroadcast(0, 2, at(RSP, factors + query * Float.BYTES));
      a.store(sums(query, part, parity), 0);
    }
  }

  private Memory sums(int query, int part, int parity) {
    return at(RSP, sums + ((query * dim / 32 + part) * 2 + parity) * VECTOR_BYTES);
  }

  /** Divides by the sums of the weights and writes the heads. */
  private void finish() {
    a.mov(R9, row);
    a.imul(R9, heads * group * headBytes);
    a.mov(RAX, head);
    a.imul(RAX, group * headBytes);
    a.add(R9, RAX);
    a.add(R9, OUT.memory());
    a.load(1, at(RSP, sum));
    acrossSlots(1, a::add);
    Exponential.constant(a, 0, 1, at(RSP, factors));
    a.divide(0, 0, 1);
    a.store(at(RSP, factors), 0);
    a.load(2, at(RSP, pairing));
    for (int query = 0; query < group; query++) {
      for (int part = 0; part < dim / 32; part++) {
        for (int parity = EVEN; parity <= ODD; parity++) {
          a.load(parity, sums(query, part, parity));
          a.multiplyBroadcast(parity, parity, at(RSP, factors + query * Float.BYTES));
        }
        a.narrow(0, ODD, EVEN);
        a.permute16(0, 2, 0);
        a.store(at(R9, query * headBytes + part * VECTOR_BYTES), 0);
      }
    }
  }
}
