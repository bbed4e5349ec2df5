package dev.millrace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SamplingNoiseTest {

  @Test
  void isUniformOverThePositionsOfASequence() {
    int[] buckets = new int[100];
    for (int position = 0; position < 100_000; position++) {
      buckets[(int) (SamplingNoise.uniform(1234, position) * 100)]++;
    }
    assertUniform(buckets);
  }

  @Test
  void isUniformOverNeighbouringSeeds() {
    int[] buckets = new int[100];
    for (int seed = 0; seed < 100_000; seed++) {
      buckets[(int) (SamplingNoise.uniform(seed, 17) * 100)]++;
    }
    assertUniform(buckets);
  }

  @Test
  void neighbouringSeedsDoNotShareNumbers() {
    Set<Double> numbers = new HashSet<>();
    for (int seed = 0; seed < 100; seed++) {
      for (int position = 0; position < 1000; position++) {
        numbers.add(SamplingNoise.uniform(seed, position));
      }
    }
    assertThat(numbers).hasSize(100_000);
  }

  @Test
  void neverChangesBecauseReplaysDependOnIt() {
    assertThat(SamplingNoise.uniform(0, 0)).isEqualTo(0.0);
    assertThat(SamplingNoise.uniform(42, 7)).isEqualTo(0.27933911717717996);
  }

  /** Pearson's chi-squared statistic: 99 degrees of freedom exceed 149 once in a thousand. */
  private static void assertUniform(int[] buckets) {
    double chiSquared = 0;
    for (int count : buckets) {
      chiSquared += Math.pow(count - 1000, 2) / 1000;
    }
    assertThat(chiSquared).isBetween(50.0, 149.0);
  }
}
