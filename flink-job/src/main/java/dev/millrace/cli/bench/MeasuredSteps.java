package dev.millrace.cli.bench;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.EngineListener;
import dev.millrace.engine.StepReport;
import dev.millrace.engine.model.MachineLimits;
import dev.millrace.engine.model.MachineProbe;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Keeps what an engine reports of its steps, and holds it up between them to measure the machine's
 * limits: after every half second of steps for a fifth of their time. A step's limits are the mean
 * of what was measured before it and after it.
 *
 * <p>The probe is opened after the first step, the warm-up's, and closed when the engine is. Until
 * then it holds memory, always the same, so that the process's peak is that of the engine plus
 * these bytes; what opening it takes is forgotten.
 *
 * <p>Safe for use by many threads.
 */
final class MeasuredSteps implements EngineListener {
  private static final double INTERVAL = 0.5;
  private static final double MEASURED_SHARE = 0.2;
  private static final double NANOS = 1e9;

  private final EngineListener progress;
  private final Supplier<MachineProbe> probes;
  private final List<MeasuredStep> steps = new ArrayList<>();
  private final List<MachineLimits> measurements = new ArrayList<>();

  /** Reported since the last measurement. */
  private final List<StepReport> unmeasured = new ArrayList<>();

  private MachineProbe probe;
  private long peakWhileLoading;
  private long heldUpNanos;

  /**
   * @param progress told how far loading is
   * @param probes opens a probe, on the engine's thread
   */
  MeasuredSteps(EngineListener progress, Supplier<MachineProbe> probes) {
    this.progress = requireNonNull(progress, "progress");
    this.probes = requireNonNull(probes, "probes");
  }

  @Override
  public void loaded(long bytes, long total) {
    progress.loaded(bytes, total);
  }

  @Override
  public synchronized void stepped(StepReport step) {
    if (probe == null) {
      open();
    }
    unmeasured.add(step);
    if (unmeasuredSeconds() >= INTERVAL) {
      measure();
    }
  }

  @Override
  public synchronized void stopped() {
    if (probe != null) {
      measure();
      probe.close();
    }
  }

  private void open() {
    peakWhileLoading = PeakMemory.bytes();
    probe = probes.get();
    PeakMemory.forget();
    measurements.add(probe.measure(0));
  }

  private void measure() {
    long start = System.nanoTime();
    MachineLimits before = lastMeasurement();
    MachineLimits after = probe.measure(MEASURED_SHARE * unmeasuredSeconds());
    measurements.add(after);
    MachineLimits limits = MachineLimits.mean(List.of(before, after));
    unmeasured.forEach(step -> steps.add(new MeasuredStep(step, limits)));
    unmeasured.clear();
    heldUpNanos += System.nanoTime() - start;
  }

  private MachineLimits lastMeasurement() {
    return measurements.get(measurements.size() - 1);
  }

  private double unmeasuredSeconds() {
    return unmeasured.stream().mapToLong(step -> step.times().total()).sum() / NANOS;
  }

  /** Forgets the steps so far, which were to warm up. Call while the engine has nothing to do. */
  synchronized void begin() {
    MachineLimits last = lastMeasurement();
    measurements.clear();
    measurements.add(last);
    steps.clear();
    unmeasured.clear();
    heldUpNanos = 0;
  }

  /** For how long the engine has waited for measurements. */
  synchronized double heldUpSeconds() {
    return heldUpNanos / NANOS;
  }

  /** All of them, once the engine is closed. */
  synchronized List<MeasuredStep> steps() {
    return List.copyOf(steps);
  }

  /** The mean of all measurements. */
  synchronized MachineLimits limits() {
    return MachineLimits.mean(measurements);
  }

  /** The most memory that this process had resident, without the probe's. */
  synchronized long peakBytes() {
    return Math.max(peakWhileLoading, PeakMemory.bytes() - probe.residentBytes());
  }
}
