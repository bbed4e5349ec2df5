package dev.millrace.cli.bench;

import dev.millrace.engine.StepReport;
import dev.millrace.engine.model.FloatType;
import dev.millrace.engine.model.ModelConfig;
import dev.millrace.engine.model.StepCost;
import java.util.List;

/**
 * Steps of one kind, summed up. All times in seconds.
 *
 * @param steps how many
 * @param computedTokens that went through the model
 * @param limitSeconds the shortest time that the machine's limits around each of them allow
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

  static StepFigures of(List<MeasuredStep> steps, ModelConfig config, FloatType type) {
    List<StepReport> reports = steps.stream().map(MeasuredStep::report).toList();
    return new StepFigures(
        reports.size(),
        reports.stream().mapToLong(StepReport::tokens).sum(),
        steps.stream().mapToDouble(step -> limitSeconds(step, config, type)).sum(),
        reports.stream().mapToLong(step -> step.times().schedule()).sum() / NANOS,
        reports.stream().mapToLong(step -> step.times().prepare()).sum() / NANOS,
        reports.stream().mapToLong(step -> step.times().forward()).sum() / NANOS,
        reports.stream().mapToLong(step -> step.times().commit()).sum() / NANOS);
  }

  private static double limitSeconds(MeasuredStep step, ModelConfig config, FloatType type) {
    return step.limits().secondsFor(StepCost.of(config, type, step.report()), type);
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
