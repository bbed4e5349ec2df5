package dev.millrace.engine.kernel;

import static dev.millrace.engine.kernel.KernelArguments.NEXT;
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
import static dev.millrace.engine.kernel.VectorAttentionFrame.BLOCK;
import static dev.millrace.engine.kernel.VectorAttentionFrame.PART_BYTES;
import static dev.millrace.engine.kernel.VectorAttentionFrame.SCORE_ROW;
import static dev.millrace.engine.kernel.VectorAttentionFrame.STATE;
import static dev.millrace.engine.kernel.VectorAttentionFrame.VECTOR;
import static dev.millrace.engine.kernel.VectorAttentionFrame.VECTOR_BYTES;

import dev.millrace.engine.kernel.Assembler.Condition;
import dev.millrace.engine.kernel.Assembler.Label;

/**
 * Attention of single tokens like {@link TileAttentionKernel}'s, with the same arguments, for
 * processors without AMX whose vectors multiply bfloat16.
 *
 * <p>The context is taken a block of slots at a time, with the same softmax as it goes:
 *
 * <pre>
 *   scores  [queries, slots] = queries [queries, D] * keys [D, slots]
 *   weights [queries, slots] = exp(scores - maximum)
 *   sums    [queries, D]    += weights * values [slots, D]
 * </pre>
 *
 * For the scores, 16 slots' keys are transposed in registers: a vector has a pair of elements of
 * each slot, and nothing has to be added up across it. Values stay as they are; the even and the
 * odd ones of 32 elements become a vector of float32 each, to be multiplied by the slot's weight.
 *
 * <p>A head's slots are far apart in memory, where the processor does not foresee them. So they are
 * asked for: the next head's, which lie beside this one's, and, for a span's first head, its own.
 */
final class VectorAttentionKernel {
  /** How many slots ahead keys are asked for; values are while scores are computed. */
  private static final int SLOTS_AHEAD = 32;

  // Vectors: those from 0 are keys, weights, or sums.
  private static final int SCORES = Transposition.VECTORS;
  private static final int MOST_SCORES = 8;
  private static final int WEIGHT = 0;
  private static final int OFFSET = 1;
  private static final int TOTAL = 2;
  private static final int FIRST_SCRATCH = 3;
  private static final int SECOND_SCRATCH = 4;
  private static final int MOST_SUMS = 16;
  private static final int EVEN = 16; // of values
  private static final int ODD = 17;
  private static final int UPPER_HALF = 18;
  private static final int EXPONENTIAL = 25;
  private static final int TO_BASE_2 = 31;

  // Orders of a vector's four quarters, or of a quarter's four elements: 1 0 3 2 and 2 3 0 1.
  private static final int NEIGHBOURS = 0xB1;
  private static final int HALVES = 0x4E;

  private static final float LEAST = -1e30f; // where -infinity - -infinity would not be a number

  private final Assembler a;
  private final VectorAttentionFrame frame;
  private final AttentionWork work;
  private Exponential exponential;

  private VectorAttentionKernel(Assembler assembler, int queryHeads, int kvHeads, int headDim) {
    this.a = assembler;
    this.frame = new VectorAttentionFrame(queryHeads, kvHeads, headDim);
    this.work = new AttentionWork(a, frame.group, frame.heads, frame.headBytes, frame.work);
  }

  /** For heads that {@link AttentionHeads#fit}. */
  static void emit(Assembler assembler, int queryHeads, int kvHeads, int headDim) {
    AttentionHeads.requireFit(queryHeads, kvHeads, headDim);
    new VectorAttentionKernel(assembler, queryHeads, kvHeads, headDim).emit();
  }

  private void emit() {
    Frame.enter(a, frame.bytes);
    constants();
    Label pieces = new Label();
    Label nextHead = new Label();
    Label blocks = new Label();
    Label done = new Label();
    a.bind(pieces);
    a.mov(RAX, 1);
    a.fetchAndAdd(NEXT.memory(), RAX);
    work.begin(done);
    a.bind(nextHead);
    work.locate();
    begin();
    a.bind(blocks);
    a.mov(R15, BLOCK); // slots of this block
    a.cmp(R14, R15);
    a.cmov(Condition.BELOW, R15, R14);
    scores();
    weights();
    values();
    a.mov(RAX, R15);
    a.imul(RAX, frame.slotBytes);
    a.add(R12, RAX);
    a.add(R13, RAX);
    a.sub(R14, R15);
    a.jump(Condition.NOT_EQUAL, blocks);
    finish();
    work.next(nextHead);
    a.jump(pieces);
    a.bind(done);
    Frame.leave(a);
  }

  private void constants() {
    exponential = new Exponential(a, Exponential.EXACT, EXPONENTIAL, frame.scratch);
    float scale = (float) (Exponential.LOG2_E / Math.sqrt(frame.dim));
    Exponential.constant(a, TO_BASE_2, scale, frame.scratch);
    Exponential.constant(a, 0, LEAST, frame.scratch);
    a.store(at(RSP, frame.least), 0);
    a.mov(RAX, 0xFFFF_0000L);
    a.mov(frame.scratch, RAX);
    a.broadcast(0, frame.scratch);
    a.store(at(RSP, frame.upperHalf), 0);
    for (int i = 0; i < VECTOR; i += 2) {
      a.mov(RAX, i + ((16L + i) << 16) + ((1L + i) << 32) + ((17L + i) << 48));
      a.mov(at(RSP, frame.pairing + i * Float.BYTES), RAX);
    }
  }

  private void begin() {
    a.clear(0);
    for (int i = frame.sums; i < frame.maximum; i += VECTOR_BYTES) {
      a.store(at(RSP, i), 0);
    }
    a.load(1, at(RSP, frame.least));
    for (int query = 0; query < frame.group; query++) {
      a.store(at(RSP, frame.maximum + query * STATE), 1);
      a.store(at(RSP, frame.sum + query * STATE), 0);
    }
  }

  // ---- scores

  /** The scores of the block's R15 slots, unscaled; those up to a whole vector are the least. */
  private void scores() {
    a.mov(RSI, R12);
    a.lea(RBX, at(R15, -1));
    a.imul(RBX, frame.slotBytes);
    a.add(RBX, R12); // the last slot
    a.mov(RDX, R13);
    a.sub(RDX, R12); // from a key to its value
    a.lea(R9, at(RSP, frame.scores));
    a.mov(RCX, R15);
    Label vector = new Label();
    a.bind(vector);
    for (int part = 0; part < frame.parts; part++) {
      int[] pairs = keys(part);
      for (int first = 0; first < frame.group; first += MOST_SCORES) {
        addProducts(pairs, part, first, Math.min(MOST_SCORES, frame.group - first));
      }
    }
    a.add(RSI, VECTOR * frame.slotBytes);
    a.add(R9, VECTOR_BYTES);
    a.sub(RCX, VECTOR);
    a.jump(Condition.ABOVE, vector);
    a.load(0, at(RSP, frame.least));
    for (int query = 0; query < frame.group; query++) {
      a.store(at(RSP, R15, Float.BYTES, frame.scores + query * SCORE_ROW), 0);
    }
  }

  /**
   * Transposes a part of 16 slots' keys from RSI on; the block's last slot, RBX, stands in for
   * those after it.
   *
   * @return the vector of each pair of elements
   */
  private int[] keys(int part) {
    int offset = part * PART_BYTES;
    a.mov(R10, RSI);
    for (int slot = 0; slot < VECTOR; slot++) {
      a.load(slot, at(R10, offset));
      a.prefetchFar(at(R10, RDX, 1, offset));
      a.prefetchFar(at(R10, SLOTS_AHEAD * frame.slotBytes + offset));
      a.prefetchFar(at(R10, frame.headBytes + offset));
      a.add(R10, frame.slotBytes);
      a.cmp(R10, RBX);
      a.cmov(Condition.ABOVE, R10, RBX);
    }
    return Transposition.emit(a);
  }

  /** Adds a part's products to the scores of so many queries, at R9. */
  private void addProducts(int[] pairs, int part, int first, int count) {
    int chains = Integer.highestOneBit(MOST_SCORES / count); // that do not wait for each other
    for (int query = 0; query < count; query++) {
      int score = SCORES + query * chains;
      for (int chain = 0; chain < chains; chain++) {
        a.clear(score + chain);
      }
      if (part > 0) {
        a.load(score, at(R9, (first + query) * SCORE_ROW));
      }
    }
    for (int pair = 0; pair < pairs.length; pair++) {
      for (int query = 0; query < count; query++) {
        int score = SCORES + query * chains + pair % chains;
        int element =
            (first + query) * frame.headBytes + part * PART_BYTES + pair * 2 * Short.BYTES;
        a.addPairProductsBroadcast(score, pairs[pair], at(R8, element));
      }
    }
    for (int query = 0; query < count; query++) {
      int score = SCORES + query * chains;
      for (int chain = 1; chain < chains; chain++) {
        a.add(score, score, score + chain);
      }
      a.store(at(R9, (first + query) * SCORE_ROW), score);
    }
  }

  // ---- weights

  /** Scores become weights. */
  private void weights() {
    a.lea(R9, at(RSP, frame.scores));
    a.lea(R10, at(RSP, frame.maximum));
    a.mov(RDX, frame.group);
    Label query = new Label();
    a.bind(query);
    shrink();
    forEachVector(
        () -> {
          a.load(WEIGHT, at(R11));
          a.multiplyThenAdd(WEIGHT, TO_BASE_2, OFFSET);
          exponential.emit(WEIGHT, FIRST_SCRATCH, SECOND_SCRATCH);
          a.add(TOTAL, TOTAL, WEIGHT);
          a.store(at(R11), WEIGHT);
        });
    a.store(at(R10, frame.sum - frame.maximum), TOTAL);
    a.add(R9, SCORE_ROW);
    a.add(R10, STATE);
    a.sub(RDX, 1);
    a.jump(Condition.NOT_EQUAL, query);
  }

  /** The weights so far shrink to the new maximum. OFFSET: minus that, TOTAL: their sum. */
  private void shrink() {
    a.load(TOTAL, at(R10));
    a.move(OFFSET, TOTAL);
    forEachVector(() -> a.maximum(OFFSET, OFFSET, at(R11)));
    acrossVector(OFFSET, a::maximum);
    a.store(at(R10), OFFSET);
    a.subtract(TOTAL, TOTAL, OFFSET);
    a.multiply(TOTAL, TOTAL, TO_BASE_2);
    exponential.emit(TOTAL, FIRST_SCRATCH, SECOND_SCRATCH);
    a.store(at(R10, frame.factor - frame.maximum), TOTAL);
    a.multiply(TOTAL, TOTAL, at(R10, frame.sum - frame.maximum));
    a.clear(WEIGHT);
    a.subtract(OFFSET, WEIGHT, OFFSET);
    a.multiply(OFFSET, OFFSET, TO_BASE_2);
  }

  /** R11: 16 of the scores from R9 on. */
  private void forEachVector(Runnable body) {
    a.mov(R11, R9);
    a.mov(RCX, R15);
    Label vector = new Label();
    a.bind(vector);
    body.run();
    a.add(R11, VECTOR_BYTES);
    a.sub(RCX, VECTOR);
    a.jump(Condition.ABOVE, vector);
  }

  private interface Operation {
    void emit(int target, int left, int right);
  }

  /** Each element becomes what the operation makes of all. */
  private void acrossVector(int vector, Operation operation) {
    for (int order : new int[] {NEIGHBOURS, HALVES}) {
      a.permuteWithinFours(FIRST_SCRATCH, vector, order);
      operation.emit(vector, vector, FIRST_SCRATCH);
      a.permuteFours(FIRST_SCRATCH, vector, order);
      operation.emit(vector, vector, FIRST_SCRATCH);
    }
  }

  // ---- values

  /** Adds the block's values by weight, for as many queries and parts at a time as fit. */
  private void values() {
    a.load(UPPER_HALF, at(RSP, frame.upperHalf));
    int queries = Math.min(frame.group, MOST_SUMS / 2);
    int together = Math.min(frame.parts, MOST_SUMS / 2 / queries);
    for (int query = 0; query < frame.group; query += queries) {
      for (int part = 0; part < frame.parts; part += together) {
        values(
            query,
            Math.min(queries, frame.group - query),
            part,
            Math.min(together, frame.parts - part));
      }
    }
  }

  private void values(int firstQuery, int queries, int firstPart, int count) {
    int vectors = 2 * count; // of a query
    for (int query = 0; query < queries; query++) {
      a.load(EVEN, at(RSP, frame.factor + (firstQuery + query) * STATE));
      for (int i = 0; i < vectors; i++) {
        a.multiply(query * vectors + i, EVEN, frame.sums(firstQuery + query, firstPart, i));
      }
    }
    a.mov(RSI, R13);
    a.lea(R9, at(RSP, frame.scores + firstQuery * SCORE_ROW));
    a.mov(RCX, R15);
    Label slot = new Label();
    a.bind(slot);
    for (int part = 0; part < count; part++) {
      int offset = (firstPart + part) * PART_BYTES;
      a.load(ODD, at(RSI, offset));
      a.prefetchFar(at(RSI, frame.headBytes + offset));
      a.shiftLeft(EVEN, ODD, 16);
      a.and(ODD, ODD, UPPER_HALF);
      for (int query = 0; query < queries; query++) {
        int evens = query * vectors + 2 * part;
        a.addProductBroadcast(evens, EVEN, at(R9, query * SCORE_ROW));
        a.addProductBroadcast(evens + 1, ODD, at(R9, query * SCORE_ROW));
      }
    }
    a.add(RSI, frame.slotBytes);
    a.add(R9, Float.BYTES);
    a.sub(RCX, 1);
    a.jump(Condition.NOT_EQUAL, slot);
    for (int query = 0; query < queries; query++) {
      for (int i = 0; i < vectors; i++) {
        a.store(frame.sums(firstQuery + query, firstPart, i), query * vectors + i);
      }
    }
  }

  /** Divides by the sums of the weights and writes the heads. */
  private void finish() {
    work.locateResults();
    int one = 0;
    int order = 1;
    Exponential.constant(a, one, 1, frame.scratch);
    a.load(order, at(RSP, frame.pairing));
    for (int query = 0; query < frame.group; query++) {
      a.load(TOTAL, at(RSP, frame.sum + query * STATE));
      acrossVector(TOTAL, a::add);
      a.divide(TOTAL, one, TOTAL);
      for (int part = 0; part < frame.parts; part++) {
        a.multiply(EVEN, TOTAL, frame.sums(query, part, 0));
        a.multiply(ODD, TOTAL, frame.sums(query, part, 1));
        a.narrow(EVEN, ODD, EVEN);
        a.permute16(EVEN, order, EVEN);
        a.store(at(R9, query * frame.headBytes + part * PART_BYTES), EVEN);
      }
    }
  }
}
