package dev.millrace.engine.model;

import dev.millrace.engine.kernel.Kernels;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses by measurement, before a model's first step, which kernels attend: our own or PyTorch's,
 * for single tokens and for prompts. Which are faster depends on the processor and on the heads.
 *
 * <p>Both compute the same, but not to the last bit; and a generation that goes on after a crash,
 * or in another process, should go on with the same kernels. So the clock decides only what is
 * clear: PyTorch's are chosen where they are faster by a quarter.
 */
final class AttentionTrial {
  private static final Logger LOG = LoggerFactory.getLogger(AttentionTrial.class);

  private static final int TOKENS = 8;
  private static final int CONTEXT = 256;
  private static final int ROUNDS = 4;
  private static final int TIMES = 2; // in a round
  private static final double CLEARLY = 1.25;

  /**
   * Sequences, one after the other in the cache, of which each has `count` tokens from `start` on.
   */
  private record Work(String name, int sequences, int start, int count) {
    static Work tokens(int slots) {
      int context = Math.max(1, Math.min(slots / TOKENS, CONTEXT));
      return new Work("single tokens", Math.min(TOKENS, slots), context - 1, 1);
    }

    static Work prompt(int slots) {
      return new Work("prompts", 1, 0, Math.min(slots, CONTEXT));
    }

    long run(LlamaProgram program) {
      long[] starts = new long[sequences];
      long[] counts = new long[sequences];
      Arrays.fill(starts, start);
      Arrays.fill(counts, count);
      long[] pools = LongStream.range(0, sequences).map(i -> i * (start + count)).toArray();
      return program.tryAttention(starts, counts, pools, TIMES);
    }
  }

  private final LlamaProgram program;
  private final Kernels kernels;

  AttentionTrial(LlamaProgram program, Kernels kernels) {
    this.program = program;
    this.kernels = kernels;
  }

  /** The kernels without those that PyTorch's have beaten. */
  Kernels winners() {
    return kernels.attending(
        ownWin(Work.tokens(program.cacheTokens())), ownWin(Work.prompt(program.cacheTokens())));
  }

  private boolean ownWin(Work work) {
    long own = Long.MAX_VALUE;
    long other = Long.MAX_VALUE;
    for (int round = 0; round < ROUNDS; round++) { // in turns, so that both see the same moments
      own = Math.min(own, nanos(work, kernels));
      other = Math.min(other, nanos(work, kernels.attending(false, false)));
    }
    LOG.debug("attention of {}: {} ns by own kernels, {} by PyTorch's", work.name, own, other);
    return own < CLEARLY * other;
  }

  private long nanos(Work work, Kernels by) {
    program.attendBy(by.attention(), by.promptAttention());
    return work.run(program);
  }
}
