package dev.millrace.engine.kernel;

/** Which heads the attention kernels take: those whose sums and queries fit the registers. */
final class AttentionHeads {
  private static final int MOST_GROUP = 16;
  private static final int WIDEST_HEAD = 128;

  private AttentionHeads() {}

  static boolean fit(int queryHeads, int kvHeads, int headDim) {
    return queryHeads / kvHeads <= MOST_GROUP && headDim % 32 == 0 && headDim <= WIDEST_HEAD;
  }

  static void requireFit(int queryHeads, int kvHeads, int headDim) {
    if (!fit(queryHeads, kvHeads, headDim)) {
      throw new IllegalArgumentException(
          "no attention kernel for %d query and %d key/value heads of %d"
              .formatted(queryHeads, kvHeads, headDim));
    }
  }
}
