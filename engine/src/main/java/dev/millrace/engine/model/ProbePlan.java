package dev.millrace.engine.model;

import dev.millrace.engine.Device;
import java.util.List;

/**
 * What a {@link DeviceProbe} reads and multiplies.
 *
 * @param elements of float32 to add up, far more than the caches hold
 * @param row a layer in bfloat16 for one row, its weights far larger than the caches
 * @param products that keep a device busy
 * @param trialSeconds for two ways to do one of these, of which the faster is kept
 */
record ProbePlan(int elements, Layer row, List<Layer> products, double trialSeconds) {
  /** A linear layer, and for how many rows. */
  record Layer(int rows, int outputs, int inputs) {
    double flops() {
      return 2.0 * rows * outputs * inputs;
    }
  }

  /** 256 MiB to read: caches of processors hold less, and memory may be scarce. */
  private static final ProbePlan PROCESSOR =
      new ProbePlan(
          1 << 26,
          new Layer(1, 16_384, 8192),
          List.of(
              new Layer(512, 8192, 2048), new Layer(512, 2048, 8192), new Layer(1024, 4096, 4096)),
          1);

  /** More, because a GPU would do the other in the time that a call takes. */
  private static final ProbePlan CUDA =
      new ProbePlan(
          1 << 28,
          new Layer(1, 32_768, 8192),
          List.of(new Layer(8192, 8192, 2048), new Layer(8192, 4096, 4096)),
          1);

  ProbePlan {
    products = List.copyOf(products);
  }

  static ProbePlan of(Device device) {
    return device.isCuda() ? CUDA : PROCESSOR;
  }
}
