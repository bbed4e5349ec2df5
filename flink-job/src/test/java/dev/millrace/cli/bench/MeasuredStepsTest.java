package dev.millrace.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Memory;
import dev.millrace.engine.EngineListener;
import dev.millrace.engine.StepReport;
import dev.millrace.engine.model.MachineLimits;
import dev.millrace.engine.model.MachineProbe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeasuredStepsTest {
  private static final long MILLISECOND = 1_000_000;

  private final List<Double> measurements = new ArrayList<>();
  private boolean closed;

  private final MeasuredSteps log = new MeasuredSteps(EngineListener.NONE, SlowingMachine::new);

  /** Does 100 of everything per second when it is measured first, then 110, 120 and so on. */
  private final class SlowingMachine implements MachineProbe {
    @Override
    public MachineLimits measure(double seconds) {
      double rate = 100 + 10 * measurements.size();
      measurements.add(seconds);
      long start = System.nanoTime();
      while (System.nanoTime() - start < MILLISECOND) {
        Thread.onSpinWait();
      }
      return new MachineLimits(rate, rate, rate);
    }

    @Override
    public long residentBytes() {
      return 1 << 20;
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  /** Takes three times what it holds, while it is opened. */
  private static final class GreedyProbe implements MachineProbe {
    private static final long BYTES = 128 << 20;

    private final Memory held = new Memory(BYTES);

    private GreedyProbe() {
      held.clear();
      try (Memory passing = new Memory(2 * BYTES)) {
        passing.clear();
      }
    }

    @Override
    public MachineLimits measure(double seconds) {
      return new MachineLimits(1, 1, 1);
    }

    @Override
    public long residentBytes() {
      return BYTES;
    }

    @Override
    public void close() {
      held.close();
    }
  }

  @Test
  void after_half_a_second_of_steps_it_measures_for_a_fifth_of_it() {
    steps(4, 200);
    assertThat(measurements).as("at once, and after three steps").hasSize(2);
    assertThat(measurements.get(1)).isCloseTo(0.12, within(1e-9));
  }

  @Test
  void a_step_is_held_against_what_was_measured_before_and_after_it() {
    steps(4, 200);
    log.stopped();
    assertThat(log.steps())
        .extracting(step -> step.limits().bytesPerSecond())
        .containsExactly(105.0, 105.0, 105.0, 115.0);
    assertThat(log.limits().bytesPerSecond()).isEqualTo(110);
  }

  @Test
  void steps_before_the_beginning_do_not_count_but_the_last_measurement_does() {
    steps(1, 600);
    steps(1, 200);
    log.begin();
    steps(1, 300);
    log.stopped();
    assertThat(log.steps())
        .extracting(step -> step.report().times().forward())
        .containsExactly(300 * MILLISECOND);
    assertThat(log.limits().bytesPerSecond()).as("of 110 and 120").isEqualTo(115);
  }

  @Test
  void tells_how_long_it_held_the_engine_up_since_the_beginning() {
    steps(1, 600);
    log.begin();
    assertThat(log.heldUpSeconds()).isZero();
    steps(2, 600);
    assertThat(log.heldUpSeconds()).isBetween(0.002, 60.0);
  }

  @Test
  void closes_the_probe_when_the_engine_stops() {
    steps(1, 1);
    assertThat(closed).isFalse();
    log.stopped();
    assertThat(closed).isTrue();
  }

  @Test
  void an_engine_that_stops_without_a_step_needs_no_probe() {
    log.stopped();
    assertThat(measurements).isEmpty();
  }

  @Test
  void the_peak_of_memory_forgets_what_opening_the_probe_took_and_what_it_holds() {
    assumeTrue(Files.isWritable(Path.of("/proc/self/clear_refs")), "Linux forgets");
    PeakMemory.forget();
    long before = PeakMemory.bytes();
    MeasuredSteps greedy = new MeasuredSteps(EngineListener.NONE, GreedyProbe::new);
    greedy.stepped(new StepReport(1, 1, 1, 1, 1, new StepReport.Times(0, 0, 0, 0)));
    assertThat(greedy.peakBytes()).isCloseTo(before, within(GreedyProbe.BYTES / 2));
    greedy.stopped();
  }

  private void steps(int count, long milliseconds) {
    StepReport.Times times = new StepReport.Times(0, 0, milliseconds * MILLISECOND, 0);
    for (int i = 0; i < count; i++) {
      log.stepped(new StepReport(1, 1, 1, 1, 1, times));
    }
  }
}
