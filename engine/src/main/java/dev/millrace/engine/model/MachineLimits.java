package dev.millrace.engine.model;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What a device can do at most, as a {@link MachineProbe} measures it.
 *
 * @param bytesPerSecond read from memory, in a stream far longer than the caches
 * @param bfloat16FlopsPerSecond floating-point operations in a large matrix product
 * @param float32FlopsPerSecond the same
 */
public record MachineLimits(
    double bytesPerSecond, double bfloat16FlopsPerSecond, double float32FlopsPerSecond) {
  /**
   * The mean of each rate.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static MachineLimits mean(List<MachineLimits> measured) {
    return new MachineLimits(
        mean(measured, MachineLimits::bytesPerSecond),
        mean(measured, MachineLimits::bfloat16FlopsPerSecond),
        mean(measured, MachineLimits::float32FlopsPerSecond));
  }

  private static double mean(List<MachineLimits> measured, ToDoubleFunction<MachineLimits> rate) {
    return measured.stream()
        .mapToDouble(rate)
        .average()
        .orElseThrow(() -> new IllegalArgumentException("nothing has been measured"));
  }

  /** For what computes in this type. */
  public double flopsPerSecond(FloatType type) {
    return type == FloatType.FLOAT32 ? float32FlopsPerSecond : bfloat16FlopsPerSecond;
  }

  /** The shortest time, in seconds, in which a step of this cost could be computed. */
  public double secondsFor(StepCost cost, FloatType type) {
    return Math.max(cost.bytes() / bytesPerSecond, cost.flops() / flopsPerSecond(type));
  }
}
