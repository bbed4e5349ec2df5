package dev.millrace.engine.model;

/** How near rows of logits are to those they should be. */
final class Nearness {
  private int rows;
  private int agreements;
  private double divergence;

  void add(float[][] expected, float[][] actual) {
    for (int row = 0; row < expected.length; row++) {
      rows++;
      divergence += Logits.divergence(expected[row], actual[row]);
      agreements += Logits.mostLikely(expected[row]) == Logits.mostLikely(actual[row]) ? 1 : 0;
    }
  }

  /** The mean of Kullback and Leibler's. */
  double divergence() {
    return divergence / rows;
  }

  /** The share of the rows that have the same most likely token. */
  double agreement() {
    return (double) agreements / rows;
  }
}
