package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.I;
import static dev.millrace.engine.kernel.KernelArguments.K;
import static dev.millrace.engine.kernel.KernelArguments.NEXT;
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
import static dev.millrace.engine.kernel.TileAttentionFrame.EVEN;
import static dev.millrace.engine.kernel.TileAttentionFrame.ODD;
import static dev.millrace.engine.kernel.TileAttentionFrame.QUERIES_IN_TILE;
import static dev.millrace.engine.kernel.TileAttentionFrame.REST;
import static dev.millrace.engine.kernel.TileAttentionFrame.ROWS;
import static dev.millrace.engine.kernel.TileAttentionFrame.VECTOR;
import static dev.millrace.engine.kernel.TileAttentionFrame.VECTOR_BYTES;

import dev.millrace.engine.kernel.Assembler.Condition;
import dev.millrace.engine.kernel.Assembler.Label;

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
final class TileAttentionKernel {

  /** How many tiles of slots ahead keys are asked for; values are while scores are computed. */
  private static final int TILES_AHEAD = 2;

  private static final int TILES = 8;
  private static final int SCORES = 0; // tiles
  private static final int SLOTS = 1; // keys or values
  private static final int WEIGHTS = 2;
  private static final int QUERIES = 3; // and after them the sums

  private static final float LEAST = -1e30f; // where -infinity - -infinity would not be a number

  private final Assembler a;
  private final TileAttentionFrame frame;
  private final AttentionWork work;
  private final TileAttentionWeights weights;
  private final int parts; // of 32 elements, of a head
  private final int sumTiles;

  private TileAttentionKernel(Assembler assembler, int queryHeads, int kvHeads, int headDim) {
    this.a = assembler;
    this.frame = new TileAttentionFrame(queryHeads, kvHeads, headDim);
    this.work = new AttentionWork(a, frame.group, frame.heads, frame.headBytes, frame.work);
    this.weights = new TileAttentionWeights(assembler, frame);
    this.parts = headDim / 32;
    this.sumTiles = Math.min(parts, TILES - QUERIES - parts);
  }

  static void emit(Assembler assembler, int queryHeads, int kvHeads, int headDim) {
    AttentionHeads.requireFit(queryHeads, kvHeads, headDim);
    new TileAttentionKernel(assembler, queryHeads, kvHeads, headDim).emit();
  }

  private void emit() {
    Frame.enter(a, frame.bytes);
    constants();
    weights.constants();
    tileShapes();
    Label pieces = new Label();
    Label done = new Label();
    take();
    a.mov(frame.unasked, RSP); // not 0: the first span
    a.bind(pieces);
    nextPiece(done);
    lookAhead();
    Label nextHead = new Label();
    a.bind(nextHead);
    work.locate();
    begin();
    Label blocks = new Label();
    a.bind(blocks);
    a.mov(R15, frame.block); // slots of this block
    a.cmp(R14, R15);
    a.cmov(Condition.BELOW, R15, R14);
    scores();
    weights.emit();
    values();
    a.mov(RAX, R15);
    a.imul(RAX, frame.slotBytes);
    a.add(R12, RAX);
    a.add(R13, RAX);
    a.sub(R14, R15);
    a.jump(Condition.NOT_EQUAL, blocks);
    finish();
    work.next(nextHead);
    a.mov(RAX, K.memory());
    a.sub(RAX, frame.heads);
    a.mov(frame.unasked, RAX); // not 0 where heads are taken one by one
    a.jump(pieces);
    a.bind(done);
    a.releaseTiles();
    Frame.leave(a);
  }

  private void constants() {
    for (int i = 0; i < VECTOR; i += 2) {
      a.mov(RAX, i + ((16L + i) << 16) + ((1L + i) << 32) + ((17L + i) << 48));
      a.mov(at(RSP, frame.pairing + i * Float.BYTES), RAX);
    }
    Exponential.constant(a, 0, LEAST, frame.scratch);
    a.store(at(RSP, frame.least), 0);
    a.clear(0);
    for (int i = frame.queries; i < frame.sums; i += VECTOR_BYTES) {
      a.store(at(RSP, i), 0); // columns of no query stay 0
    }
  }

  /** Shapes that serve all spans: to load others takes long. R10, R11: bytes of a row. */
  private void tileShapes() {
    TileShapes.emit(a, frame.shapes);
    a.mov(RCX, frame.scoreBytes);
    TileShapes.widths(a, frame.shapes, RCX, SCORES);
    a.mov(RDX, frame.rows);
    TileShapes.rows(a, frame.shapes, RDX, WEIGHTS);
    for (int part = 0; part < parts; part++) {
      TileShapes.widths(a, frame.shapes, RCX, QUERIES + part);
    }
    for (int i = 0; i < sumTiles; i++) {
      TileShapes.rows(a, frame.shapes, RDX, QUERIES + parts + i);
    }
    a.loadTileShapes(at(RSP, frame.shapes));
    a.mov(RAX, THIRD.memory());
    a.mov(RCX, SECOND.memory());
    a.sub(RAX, RCX);
    a.mov(frame.toValues, RAX);
    a.mov(R10, frame.scoreBytes);
    a.mov(R11, VECTOR_BYTES);
  }

  /** Takes a piece of work ahead of its time. */
  private void take() {
    a.mov(RAX, 1);
    a.fetchAndAdd(NEXT.memory(), RAX);
    a.mov(frame.taken, RAX);
  }

  private void nextPiece(Label done) {
    a.mov(RAX, frame.taken);
    work.begin(done);
    take();
  }

  /** Where the first half of the next span's keys is; nowhere if this thread takes none. */
  private void lookAhead() {
    Label end = new Label();
    a.mov(RCX, 0);
    a.mov(frame.asked, RCX);
    a.mov(frame.askedEnd, RCX);
    a.mov(RAX, K.memory());
    a.cmp(RAX, frame.heads);
    a.jump(Condition.NOT_EQUAL, end);
    a.mov(RAX, frame.taken);
    a.cmp(RAX, I.memory());
    a.jump(Condition.NOT_BELOW, end);
    work.span();
    a.mov(RDX, at(RAX, Long.BYTES));
    a.imul(RDX, frame.slotBytes);
    a.add(RDX, SECOND.memory());
    a.mov(frame.asked, RDX);
    a.mov(RCX, at(RAX, 2 * Long.BYTES));
    a.imul(RCX, frame.slotBytes / 2);
    a.mov(frame.half, RCX);
    a.add(RDX, RCX);
    a.mov(frame.askedEnd, RDX);
    a.bind(end);
  }

  /** Queries become columns of pairs, as the right operand of AMX wants it; the sums are empty. */
  private void begin() {
    a.load(0, at(RSP, frame.least));
    a.store(at(RSP, frame.maximum), 0);
    a.clear(0);
    a.store(at(RSP, frame.sum), 0);
    for (int i = frame.sums; i < frame.maximum; i += VECTOR_BYTES) {
      a.store(at(RSP, i), 0);
    }
    a.lea(R9, at(RSP, frame.queries));
    a.mov(RCX, frame.dim / 2);
    Label pair = new Label();
    a.bind(pair);
    for (int query = 0; query < frame.group; query++) {
      a.mov32(RAX, at(R8, query * frame.headBytes));
      a.mov32(at(R9, query * Float.BYTES), RAX);
    }
    a.add(R8, 2 * Short.BYTES);
    a.add(R9, frame.scoreBytes);
    a.sub(RCX, 1);
    a.jump(Condition.NOT_EQUAL, pair);
    for (int part = 0; part < parts; part++) {
      a.loadTile(QUERIES + part, at(RSP, R10, 1, frame.queries + part * VECTOR * frame.scoreBytes));
    }
  }

  /** The scores of the block's R15 slots, unscaled; those up to a whole tile are the least. */
  private void scores() {
    a.mov(RSI, R12);
    a.lea(R9, at(RSP, frame.scores));
    forEachTile(
        () -> {
          ask();
          prefetch();
        },
        () -> {
          a.zeroTile(SCORES);
          for (int part = 0; part < parts; part++) {
            a.loadTile(SLOTS, at(RSI, RDX, 1, part * VECTOR_BYTES));
            a.multiplyTiles(SCORES, SLOTS, QUERIES + part);
          }
          a.storeTile(at(R9, R10), SCORES);
          a.add(R9, VECTOR * frame.scoreBytes);
        });
    a.mov(RAX, R15);
    a.imul(RAX, frame.scoreBytes);
    a.load(0, at(RSP, frame.least));
    for (int i = 0; i < frame.columns; i++) {
      a.store(at(RSP, RAX, 1, frame.scores + i * VECTOR_BYTES), 0);
    }
  }

  /**
   * RSI: the tile's first slot, RDX: bytes from one to the next.
   *
   * @param ahead asks for memory that is needed later
   */
  private void forEachTile(Runnable ahead, Runnable body) {
    Label tiles = new Label();
    Label last = new Label();
    Label end = new Label();
    a.mov(RCX, R15);
    a.mov(RDX, frame.slotBytes);
    a.bind(tiles);
    a.cmp(RCX, VECTOR);
    a.jump(Condition.BELOW, last);
    ahead.run();
    body.run();
    a.add(RSI, VECTOR * frame.slotBytes);
    a.sub(RCX, VECTOR);
    a.jump(tiles);
    a.bind(last);
    a.cmp(RCX, 0);
    a.jump(Condition.EQUAL, end);
    copyLastSlots();
    body.run();
    a.bind(end);
  }

  /** Copies RCX slots, 1 to 15, from RSI; the last stands in for those that a tile lacks. */
  private void copyLastSlots() {
    a.lea(RAX, at(RCX, -1));
    a.imul(RAX, frame.slotBytes);
    a.add(RAX, RSI);
    for (int slot = 0; slot < VECTOR; slot++) {
      for (int part = 0; part < parts; part++) {
        a.load(part, at(RSI, part * VECTOR_BYTES));
        a.store(at(RSP, frame.lastSlots + slot * frame.headBytes + part * VECTOR_BYTES), part);
      }
      a.add(RSI, RDX);
      a.cmp(RSI, RAX);
      a.cmov(Condition.ABOVE, RSI, RAX);
    }
    a.lea(RSI, at(RSP, frame.lastSlots));
    a.mov(RDX, frame.headBytes);
  }

  /**
   * Asks for as much of the next span as a tile of this one is, in four places at a time: memory
   * answers several pages sooner than one.
   */
  private void ask() {
    Label end = new Label();
    a.mov(R8, frame.asked);
    a.cmp(R8, frame.askedEnd);
    a.jump(Condition.NOT_BELOW, end);
    a.mov(RBX, frame.half);
    a.mov(RAX, frame.toValues);
    a.add(RAX, R8);
    for (int line = 0; line < VECTOR * frame.headBytes / 4; line += 64) {
      a.prefetchFar(at(R8, line));
      a.prefetchFar(at(RAX, line));
      a.prefetchFar(at(R8, RBX, 1, line));
      a.prefetchFar(at(RAX, RBX, 1, line));
    }
    a.add(R8, VECTOR * frame.headBytes / 4);
    a.mov(frame.asked, R8);
    a.bind(end);
  }

  /** If nobody has asked for this span: asks for the keys needed soon and these slots' values. */
  private void prefetch() {
    Label end = new Label();
    a.mov(RAX, frame.unasked);
    a.cmp(RAX, 0);
    a.jump(Condition.EQUAL, end);
    a.mov(RAX, frame.toValues);
    a.add(RAX, RSI);
    for (int slot = 0; slot < VECTOR; slot++) {
      for (int line = 0; line < frame.headBytes; line += 64) {
        a.prefetch(at(RSI, (TILES_AHEAD * VECTOR + slot) * frame.slotBytes + line));
        a.prefetchFar(at(RAX, slot * frame.slotBytes + line));
      }
    }
    a.bind(end);
  }

  /** Adds the block's values by weight, as many of their elements at a time as tiles hold. */
  private void values() {
    for (int tile = 0; tile < frame.weightTiles; tile++) {
      for (int first = 0; first < parts; first += sumTiles) {
        values(tile, first, Math.min(sumTiles, parts - first));
      }
    }
  }

  private void values(int tile, int first, int count) {
    int sumTile = QUERIES + parts;
    for (int i = 0; i < count; i++) {
      a.zeroTile(sumTile + i);
    }
    a.lea(R9, at(RSP, frame.weights + tile * frame.rows * VECTOR_BYTES));
    a.mov(RSI, R13);
    forEachTile(
        tile == 0 && first == 0 ? this::ask : () -> {},
        () -> {
          a.loadTile(WEIGHTS, at(R9, R11));
          for (int i = 0; i < count; i++) {
            a.loadTile(SLOTS, at(RSI, RDX, 1, (first + i) * VECTOR_BYTES));
            a.multiplyTiles(sumTile + i, WEIGHTS, SLOTS);
          }
          a.add(R9, frame.weightTiles * frame.rows * VECTOR_BYTES);
        });
    for (int i = 0; i < count; i++) {
      a.storeTile(at(RSP, R11, 1, frame.blockSums), sumTile + i);
      int queries = Math.min(QUERIES_IN_TILE, frame.group - tile * QUERIES_IN_TILE);
      for (int query = 0; query < queries; query++) {
        addBlock(tile * QUERIES_IN_TILE + query, first + i);
      }
    }
  }

  private void addBlock(int query, int part) {
    for (int parity = EVEN; parity <= ODD; parity++) {
      int tileRow = query % QUERIES_IN_TILE * ROWS + parity;
      int upper = frame.blockSums + tileRow * VECTOR_BYTES;
      a.load(0, at(RSP, upper));
      a.load(1, at(RSP, upper + REST * VECTOR_BYTES));
      a.load(2, frame.sums(query, part, parity));
      a.add(0, 0, 1);
      a.addProductBroadcast(0, 2, at(RSP, frame.factors + query * Float.BYTES));
      a.store(frame.sums(query, part, parity), 0);
    }
  }

  /** Divides by the sums of the weights and writes the heads. */
  private void finish() {
    work.locateResults();
    a.load(1, at(RSP, frame.sum));
    weights.addAcrossSlots(1);
    Exponential.constant(a, 0, 1, at(RSP, frame.factors));
    a.divide(0, 0, 1);
    a.store(at(RSP, frame.factors), 0);
    a.load(2, at(RSP, frame.pairing));
    for (int query = 0; query < frame.group; query++) {
      for (int part = 0; part < parts; part++) {
        for (int parity = EVEN; parity <= ODD; parity++) {
          a.load(parity, frame.sums(query, part, parity));
          a.multiplyBroadcast(parity, parity, at(RSP, frame.factors + query * Float.BYTES));
        }
        a.narrow(0, ODD, EVEN);
        a.permute16(0, 2, 0);
        a.store(at(R9, query * frame.headBytes + part * VECTOR_BYTES), 0);
      }
    }
  }
}
