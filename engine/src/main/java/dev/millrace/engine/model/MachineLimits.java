package dev.millrace.engine.model;

import dev.millrace.engine.Device;
import dev.millrace.engine.kernel.Kernels;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * What a device can do at most: the best of PyTorch's operators and, where the processor has them,
 * of our own kernels.
 *
 * @param bytesPerSecond read from memory, in a stream far longer than the caches
 * @param bfloat16FlopsPerSecond floating-point operations in a large matrix product, 0 where nobody
 *     computes in it
 * @param float32FlopsPerSecond the same
 */
public record MachineLimits(
    double bytesPerSecond, double bfloat16FlopsPerSecond, double float32FlopsPerSecond) {
  /** In place of the address of a kernel of our own. */
  private static final long PYTORCH = 0;

  private static final int BUFFER_ELEMENTS = 1 << 28;
  private static final int REPETITIONS = 6;

  /** Outputs and inputs of a linear layer whose weights are far larger than the caches. */
  private static final int[] LAYER = {32_768, 8192};

  /** Rows, outputs and inputs of matrix products that keep a processor busy. */
  private static final int[][] PRODUCTS = {
    {512, 8192, 2048}, {512, 2048, 8192}, {1024, 4096, 4096}
  };

  /** Rows that a GPU needs in place of those. */
  private static final int CUDA_ROWS = 8192;

  /**
   * Measures for a few seconds, on a thread of its own, and takes the best of several attempts.
   *
   * @param threads of the processor; 0: all it has
   */
  public static MachineLimits measure(Device device, int threads) {
    FutureTask<MachineLimits> measurement =
        new FutureTask<>(
            () -> {
              try (Probe probe = Probe.load(device, threads)) {
                return measure(probe, device);
              }
            });
    Thread thread = new Thread(measurement, "millrace-probe");
    thread.start();
    try {
      return measurement.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the machine's limits cannot be measured", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the machine's limits were measured", e);
    }
  }

  /** For what computes in this type. */
  public double flopsPerSecond(FloatType type) {
    return type == FloatType.FLOAT32 ? float32FlopsPerSecond : bfloat16FlopsPerSecond;
  }

  /** The shortest time, in seconds, in which a step of this cost could be computed. */
  public double secondsFor(StepCost cost, FloatType type) {
    return Math.max(cost.bytes() / bytesPerSecond, cost.flops() / flopsPerSecond(type));
  }

  private static MachineLimits measure(Probe probe, Device device) {
    double bytesPerSecond =
        Math.max(bytesPerSecondOfASum(probe), bytesPerSecondOfALayer(probe, PYTORCH));
    double bfloat16 = flopsPerSecond(probe, device, FloatType.BFLOAT16, PYTORCH);
    double float32 = flopsPerSecond(probe, device, FloatType.FLOAT32, PYTORCH);
    long kernel = device.isCuda() ? PYTORCH : Kernels.common().plain();
    if (kernel != PYTORCH) {
      bytesPerSecond = Math.max(bytesPerSecond, bytesPerSecondOfALayer(probe, kernel));
      bfloat16 = Math.max(bfloat16, flopsPerSecond(probe, device, FloatType.BFLOAT16, kernel));
    }
    return new MachineLimits(bytesPerSecond, bfloat16, float32);
  }

  private static double bytesPerSecondOfASum(Probe probe) {
    probe.fill(BUFFER_ELEMENTS);
    return BUFFER_ELEMENTS * (double) Float.BYTES / best(probe::read);
  }

  /** One row through a layer reads all its weights; some machines do that faster than they add. */
  private static double bytesPerSecondOfALayer(Probe probe, long kernel) {
    probe.pack(1, LAYER[0], LAYER[1], FloatType.BFLOAT16, kernel);
    return (double) LAYER[0] * LAYER[1] * FloatType.BFLOAT16.bytes() / best(probe::multiply);
  }

  private static double flopsPerSecond(Probe probe, Device device, FloatType type, long kernel) {
    double best = 0;
    for (int[] product : PRODUCTS) {
      int rows = device.isCuda() ? CUDA_ROWS : product[0];
      probe.pack(rows, product[1], product[2], type, kernel);
      best = Math.max(best, 2.0 * rows * product[1] * product[2] / best(probe::multiply));
    }
    return best;
  }

  /** Seconds of the fastest of several runs, after one that does not count. */
  private static double best(Runnable work) {
    work.run();
    long best = Long.MAX_VALUE;
    for (int i = 0; i < REPETITIONS; i++) {
      long start = System.nanoTime();
      work.run();
      best = Math.min(best, System.nanoTime() - start);
    }
    return best / 1e9;
  }
}
