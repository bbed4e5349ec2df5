package dev.millrace.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Device;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DeviceProbeTest {
  private static final ProbePlan SMALL =
      new ProbePlan(
          2048,
          new ProbePlan.Layer(1, 64, 64),
          List.of(new ProbePlan.Layer(16, 64, 1024), new ProbePlan.Layer(16, 32, 2048)),
          0.01);

  @BeforeEach
  void like_the_thread_of_a_model() {
    PyTorch.prepare(1);
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "BFLOAT16"})
  void measures_memory_and_products_again_and_again(FloatType type) {
    try (DeviceProbe probe = DeviceProbe.open(Device.cpu(), type, SMALL)) {
      FloatType other = type == FloatType.FLOAT32 ? FloatType.BFLOAT16 : FloatType.FLOAT32;
      MachineLimits limits = probe.measure(0);
      assertThat(limits.bytesPerSecond()).isPositive();
      assertThat(limits.flopsPerSecond(type)).isPositive();
      assertThat(limits.flopsPerSecond(other)).isPositive();
      List<MachineLimits> later = Stream.generate(() -> probe.measure(0)).limit(20).toList();
      assertThat(later.stream().map(it -> it.flopsPerSecond(type)).distinct())
          .hasSizeGreaterThan(1);
      assertThat(later).allMatch(it -> it.flopsPerSecond(other) == limits.flopsPerSecond(other));
    }
  }

  @Test
  void goes_on_for_as_long_as_it_is_asked() {
    try (DeviceProbe probe = DeviceProbe.open(Device.cpu(), FloatType.BFLOAT16, SMALL)) {
      long start = System.nanoTime();
      probe.measure(0.05);
      assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(50_000_000);
    }
  }

  @Test
  void knows_the_memory_that_it_holds() {
    try (DeviceProbe probe = DeviceProbe.open(Device.cpu(), FloatType.FLOAT32, SMALL)) {
      long reading = probe.residentBytes() - 4 * (16 + 64) * 1024;
      long readingOfTheOther = probe.residentBytes() - 4 * (16 + 32) * 2048;
      assertThat(List.of(reading, readingOfTheOther))
          .as("the sum's 2048 floats or the row and its layer")
          .containsAnyOf(4L * 2048, 2L * (1 + 64) * 64);
    }
  }
}
