package dev.millrace.engine.model;

import dev.millrace.engine.Device;
import dev.millrace.engine.kernel.Kernels;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Reads and multiplies in the way that was the fastest when it was opened: through PyTorch's
 * operators or, where the processor has them, our own kernels.
 */
final class DeviceProbe implements MachineProbe {
  private final Device device;
  private final FloatType type;
  private final double otherFlopsPerSecond;
  private final ProbeWork reading;
  private final ProbeWork multiplying;

  private DeviceProbe(
      Device device,
      FloatType type,
      double otherFlopsPerSecond,
      ProbeWork reading,
      ProbeWork multiplying) {
    this.device = device;
    this.type = type;
    this.otherFlopsPerSecond = otherFlopsPerSecond;
    this.reading = reading;
    this.multiplying = multiplying;
  }

  /**
   * @param type in which the model computes
   */
  static DeviceProbe open(Device device, FloatType type, ProbePlan plan) {
    FloatType other = type == FloatType.FLOAT32 ? FloatType.BFLOAT16 : FloatType.FLOAT32;
    double otherFlopsPerSecond;
    try (ProbeWork work = fastest(products(device, other, plan), plan)) {
      otherFlopsPerSecond = work.rate(plan.trialSeconds() / 2);
    }
    ProbeWork reading = fastest(readings(device, plan), plan);
    ProbeWork multiplying = fastest(products(device, type, plan), plan);
    NativeHeap.trim(); // what was tried and is gone must not count as the model's
    return new DeviceProbe(device, type, otherFlopsPerSecond, reading, multiplying);
  }

  @Override
  public MachineLimits measure(double seconds) {
    reading.run(); // until nothing of a step is under way, nor in the caches
    double readingSeconds = 0;
    double multiplyingSeconds = 0;
    int times = 0;
    while (times == 0 || readingSeconds + multiplyingSeconds < seconds) {
      readingSeconds += reading.run();
      multiplyingSeconds += multiplying.run();
      times++;
    }
    double bytesPerSecond = times * reading.amount() / readingSeconds;
    double flopsPerSecond = times * multiplying.amount() / multiplyingSeconds;
    return type == FloatType.FLOAT32
        ? new MachineLimits(bytesPerSecond, otherFlopsPerSecond, flopsPerSecond)
        : new MachineLimits(bytesPerSecond, flopsPerSecond, otherFlopsPerSecond);
  }

  @Override
  public long residentBytes() {
    return device.isCuda() ? 0 : reading.bytes() + multiplying.bytes();
  }

  @Override
  public void close() {
    reading.close();
    multiplying.close();
  }

  /** One row through a layer reads all its weights; some machines do that faster than they add. */
  private static List<Supplier<ProbeWork>> readings(Device device, ProbePlan plan) {
    List<Supplier<ProbeWork>> ways = new ArrayList<>();
    ways.add(() -> ProbeWork.sum(device, plan.elements()));
    for (long kernel : kernels(device, FloatType.BFLOAT16)) {
      ways.add(() -> ProbeWork.reading(device, plan.row(), kernel));
    }
    return ways;
  }

  private static List<Supplier<ProbeWork>> products(Device device, FloatType type, ProbePlan plan) {
    List<Supplier<ProbeWork>> ways = new ArrayList<>();
    for (long kernel : kernels(device, type)) {
      for (ProbePlan.Layer product : plan.products()) {
        ways.add(() -> ProbeWork.product(device, product, type, kernel));
      }
    }
    return ways;
  }

  private static List<Long> kernels(Device device, FloatType type) {
    long own = Kernels.common().plain();
    return device.isCuda() || type != FloatType.BFLOAT16 || own == ProbeWork.PYTORCH
        ? List.of(ProbeWork.PYTORCH)
        : List.of(ProbeWork.PYTORCH, own);
  }

  /** Opens one after the other and keeps the fastest. */
  private static ProbeWork fastest(List<Supplier<ProbeWork>> ways, ProbePlan plan) {
    return ways.stream()
        .map(Supplier::get)
        .reduce((one, other) -> faster(one, other, plan.trialSeconds()))
        .orElseThrow();
  }

  /**
   * Closes the slower one. They take turns, so that both see the same moments; and their means
   * count, as in what is measured later: what is the fastest at its best may be the one that
   * suffers most from whoever else uses the machine.
   */
  private static ProbeWork faster(ProbeWork one, ProbeWork other, double atLeast) {
    one.run();
    other.run();
    double seconds = 0;
    double otherSeconds = 0;
    int times = 0;
    while (times == 0 || seconds + otherSeconds < atLeast) {
      seconds += one.run();
      otherSeconds += other.run();
      times++;
    }
    boolean faster = one.amount() / seconds >= other.amount() / otherSeconds;
    (faster ? other : one).close();
    return faster ? one : other;
  }
}
