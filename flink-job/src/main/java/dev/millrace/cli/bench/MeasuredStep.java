package dev.millrace.cli.bench;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.StepReport;
import dev.millrace.engine.model.MachineLimits;

/**
 * A step, and what the machine could do when it was computed.
 *
 * @param limits the mean of what was measured before it and after it
 */
record MeasuredStep(StepReport report, MachineLimits limits) {
  MeasuredStep {
    requireNonNull(report, "report");
    requireNonNull(limits, "limits");
  }
}
