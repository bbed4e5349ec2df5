package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.RSP;

/**
 * The numbers that {@link TileAttentionKernel} is made for, and what its frame on the stack holds.
 */
final class TileAttentionFrame {
  /** Scores of a block. What is made of one, at most 16 KB, stays in the nearest cache. */
  private static final int BLOCK_SCORES = 1024;

  static final int VECTOR = 16; // float32 in a vector, and slots in a tile
  static final int VECTOR_BYTES = 64;

  /** Rows of weights that a query has: the upper half's for even and odd elements, the rest's. */
  static final int ROWS = 4;

  static final int EVEN = 0;
  static final int ODD = 1;
  static final int REST = 2;

  static final int QUERIES_IN_TILE = 16 / ROWS;

  final int group; // query heads that share a key/value head
  final int heads; // of keys and values
  final int dim; // of a head
  final int headBytes;
  final int slotBytes;
  final int columns; // of a tile of scores: a power of two; some may be no query's
  final int scoreBytes; // of a slot
  final int block; // slots
  final int rows; // of a tile of weights
  final int weightTiles; // of 16 slots

  // The frame on the stack, from RSP.
  final int scores = 0; // [block, columns] float32, and a tile's
  final int weights; // [block / 16, tiles, rows, 16] pairs
  final int lastSlots; // [16, D] bfloat16
  final int blockSums; // [rows, 16] float32
  final int queries; // [D / 2, columns] pairs
  final int sums; // [queries, D / 32, 2, 16] float32: the even elements, then the odd ones
  final int maximum; // 16 float32, the columns' repeated
  final int sum; // of the weights: 16 float32, what a column has is added up in the end
  final int factors; // 16 float32, the columns' repeated: what the sums shrink by
  final int least; // 16 times LEAST
  final int pairing; // the order that brings even and odd elements together
  final int shapes;
  final int work; // AttentionWork's
  final Memory scratch; // its first number, before there is work
  final Memory taken; // the next piece
  final Memory unasked; // 0 if this thread has asked for the span's keys and values before
  final Memory asked; // the next span's keys that are to be asked for next
  final Memory askedEnd; // where their first half ends
  final Memory half; // in bytes
  final Memory toValues; // bytes from a key to its value
  final int bytes;

  TileAttentionFrame(int queryHeads, int kvHeads, int headDim) {
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
    this.work = shapes + TileShapes.BYTES;
    this.scratch = at(RSP, work);
    int numbers = work + AttentionWork.BYTES;
    this.taken = at(RSP, numbers);
    this.unasked = at(RSP, numbers + Long.BYTES);
    this.asked = at(RSP, numbers + 2 * Long.BYTES);
    this.askedEnd = at(RSP, numbers + 3 * Long.BYTES);
    this.half = at(RSP, numbers + 4 * Long.BYTES);
    this.toValues = at(RSP, numbers + 5 * Long.BYTES);
    this.bytes = work + 3 * VECTOR_BYTES;
  }

  /** Of 32 of a query's sums the even or the odd ones. */
  Memory sums(int query, int part, int parity) {
    return at(RSP, sums + ((query * dim / 32 + part) * 2 + parity) * VECTOR_BYTES);
  }
}
