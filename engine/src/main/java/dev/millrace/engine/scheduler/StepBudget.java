package dev.millrace.engine.scheduler;

/**
 * How many tokens a step may compute: as many as it is set to, fewer for a while after the device
 * ran out of memory. A step's memory grows with its tokens, so half of what failed is tried next;
 * steps that succeed win the rest back, doubling.
 */
final class StepBudget {
  /** Steps that must succeed before more is tried. */
  static final int CALM_STEPS = 64;

  private final int most;
  private int tokens;
  private int calm;

  StepBudget(int most) {
    this.most = most;
    tokens = most;
  }

  int tokens() {
    return tokens;
  }

  /** A step of so many tokens did not fit. */
  void shrink(int failed) {
    tokens = Math.max(1, Math.min(tokens, failed) / 2);
    calm = 0;
  }

  /** A step did fit. */
  void succeeded() {
    calm++;
    if (tokens < most && calm % CALM_STEPS == 0) {
      tokens = (int) Math.min(most, 2L * tokens);
    }
  }
}
