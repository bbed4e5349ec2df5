package dev.millrace.engine.model;

import java.util.stream.LongStream;

/** What tests compute of rows of logits. */
final class Logits {
  private Logits() {}

  /** The same step, wanting the logits of every token. */
  static FlatBatch ofEveryToken(FlatBatch batch) {
    return new FlatBatch(
        batch.tokens(),
        batch.positions(),
        batch.slots(),
        LongStream.range(0, batch.tokens().length).toArray(),
        batch.starts(),
        batch.counts(),
        batch.pools(),
        batch.copies(),
        batch.adapted());
  }

  /** The largest difference of two rows; not a number if there is one. */
  static double difference(float[] actual, float[] expected) {
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      worst = Math.max(worst, Math.abs(actual[i] - expected[i])); // NaN stays NaN
    }
    return worst;
  }

  static int mostLikely(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  /** Kullback-Leibler divergence of two rows of logits. */
  static double divergence(float[] expected, float[] actual) {
    double totalExpected = logSumExp(expected);
    double totalActual = logSumExp(actual);
    double divergence = 0;
    for (int i = 0; i < expected.length; i++) {
      double logProbability = expected[i] - totalExpected;
      divergence += Math.exp(logProbability) * (logProbability - (actual[i] - totalActual));
    }
    return divergence;
  }

  private static double logSumExp(float[] logits) {
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit);
    }
    return Math.log(sum);
  }
}
