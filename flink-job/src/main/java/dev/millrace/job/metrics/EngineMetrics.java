package dev.millrace.job.metrics;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.EngineStatistics;
import dev.millrace.job.model.ModelRuntime;
import java.util.function.ToLongFunction;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;

/**
 * What the engine of this process does, in the group {@code millrace.engine}. Every task that
 * shares the engine reports the same: take the maximum over a task manager's tasks, not the sum.
 * The reporters' threads ask for the values.
 */
public final class EngineMetrics {
  private static final double NANOS = 1e-9;

  private final MetricGroup group;
  private final ModelRuntime model;

  private EngineMetrics(MetricGroup group, ModelRuntime model) {
    this.group = requireNonNull(group, "group");
    this.model = requireNonNull(model, "model");
  }

  /** Registers everything. */
  public static void register(MetricGroup operator, ModelRuntime model) {
    operator.addGroup("millrace").gauge("engineTokens", (Gauge<Long>) model::generatedTokens);
    EngineMetrics metrics =
        new EngineMetrics(operator.addGroup("millrace").addGroup("engine"), model);
    metrics.register("waitingRequests", EngineStatistics::waiting);
    metrics.register("runningRequests", EngineStatistics::running);
    metrics.register("maxRunningRequests", EngineStatistics::maxRunning);
    metrics.register("kvCacheTokens", EngineStatistics::cacheTokens);
    metrics.register("kvCacheUsedTokens", EngineStatistics::usedCacheTokens);
    metrics.register("generatedTokens", EngineStatistics::generatedTokens);
    metrics.register("computedTokens", EngineStatistics::computedTokens);
    metrics.register("cachedPromptTokens", EngineStatistics::cachedPromptTokens);
    metrics.register("steps", EngineStatistics::steps);
    metrics.group.gauge(
        "stepSeconds", (Gauge<Double>) () -> model.statistics().stepNanos() * NANOS);
    metrics.group.gauge("deviceMemoryBytes", (Gauge<Long>) model::deviceMemoryBytes);
  }

  private void register(String name, ToLongFunction<EngineStatistics> value) {
    group.gauge(name, (Gauge<Long>) () -> value.applyAsLong(model.statistics()));
  }
}
