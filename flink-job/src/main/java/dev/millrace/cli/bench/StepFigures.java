package dev.millrace.cli.bench;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.StepReport;
import dev.millrace.engine.model.FloatType;
import dev.millrace.engine.model.MachineLimits;
import dev.millrace.engine.model.ModelConfig;
import dev.millrace.engine.model.StepCost;
import java.util.List;

/**
 * Steps of one kind, summed up. All times in seconds.
 *
 * @param steps how many
 * @param computedTokens that went through the model
 * @param limitSeconds the shortest time the machine's limits allow for them
 */
record StepFigures(
    int steps,
    long computedTokens,
    double limitSeconds,
    double schedule,
    double prepare,
    double forward,
    double commit) {
  private static final double NANOS = 1e9;

  static StepFigures of(
      List<StepReport> reports, ModelConfig config, FloatType type, MachineLimits limits) {
    requireNonNull(limits, "limits");
    return new StepFigures(
        reports.size(),
        reports.stream().mapToLong(StepReport::tokens).sum(),
        reports.stream()
            .mapToDouble(step -> limits.secondsFor(StepCost.of(config, type, step), type))
            .sum(),
        reports.stream().mapToLong(step -> step.times().schedule()).sum() / NANOS,
        reports.stream().mapToLong(step -> step.times().prepare()).sum() / NANOS,
        reports.stream().mapToLong(step -> step.times().forward()).sum() / NANOS,
        reports.stream().mapToLong(step -> step.times().commit()).sum() / NANOS);
  }

  double seconds() {
    return schedule + prepare + forward + commit;
  }

  double tokensPerSecond() {
    return seconds() == 0 ? 0 : computedTokens / seconds();
  }

  /** How much of the time the machine's limits explain: 1 is as fast as it can be. */
  double limitShare() {
    return seconds() == 0 ? 0 : limitSeconds / seconds();
  }
}
