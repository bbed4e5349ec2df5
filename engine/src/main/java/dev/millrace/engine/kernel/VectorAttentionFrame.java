package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.Memory.at;
import static dev.millrace.engine.kernel.Register.RSP;

/**
 * The numbers that {@link VectorAttentionKernel} is made for, and what its frame on the stack
 * holds.
 */
final class VectorAttentionFrame {
  /** Slots of a block: the scores, at most 17 KB, stay in the nearest cache. */
  static final int BLOCK = 256;

  static final int VECTOR = 16; // float32 in a vector, and slots that are transposed
  static final int VECTOR_BYTES = 64;
  static final int PART_BYTES = 64; // of a head: 32 elements
  static final int SCORE_ROW = BLOCK * Float.BYTES + VECTOR_BYTES; // a query's
  static final int STATE = 3 * VECTOR_BYTES; // a query's: maximum, sum and factor

  final int group; // query heads that share a key/value head
  final int heads; // of keys and values
  final int dim; // of a head
  final int headBytes;
  final int parts;
  final int slotBytes;

  // The frame on the stack, from RSP.
  final int scores = 0; // [queries, BLOCK + 16] float32, then weights
  final int sums; // [queries, D / 32, 2, 16] float32: the even elements, then the odd ones
  final int maximum; // [queries, 3, 16] float32: of a query's scores, 16 times
  final int sum; // of its weights: 16 float32, which are added up in the end
  final int factor; // what its sums shrink by, 16 times
  final int least; // 16 times LEAST
  final int upperHalf; // 16 times FFFF0000
  final int pairing; // the order that brings even and odd elements together
  final Memory scratch;
  final int work; // AttentionWork's
  final int bytes;

  VectorAttentionFrame(int queryHeads, int kvHeads, int headDim) {
    this.group = queryHeads / kvHeads;
    this.heads = kvHeads;
    this.dim = headDim;
    this.headBytes = headDim * Short.BYTES;
    this.parts = headBytes / PART_BYTES;
    this.slotBytes = kvHeads * headBytes;

    this.sums = scores + group * SCORE_ROW;
    this.maximum = sums + group * dim * Float.BYTES;
    this.sum = maximum + VECTOR_BYTES;
    this.factor = sum + VECTOR_BYTES;
    this.least = maximum + group * STATE;
    this.upperHalf = least + VECTOR_BYTES;
    this.pairing = upperHalf + VECTOR_BYTES;
    int numbers = pairing + VECTOR_BYTES;
    this.scratch = at(RSP, numbers);
    this.work = numbers + Long.BYTES;
    this.bytes = numbers + 2 * VECTOR_BYTES;
  }

  /** The vector i of a query's sums, counted from a part's even elements. */
  Memory sums(int query, int part, int i) {
    return at(RSP, sums + ((query * parts + part) * 2 + i) * VECTOR_BYTES);
  }
}
