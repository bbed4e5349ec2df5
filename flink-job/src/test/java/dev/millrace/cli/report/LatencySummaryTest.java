package dev.millrace.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.cli.report.LatencySummary.Part;
import org.junit.jupiter.api.Test;

final class LatencySummaryTest {
  private final LatencySummary summary = new LatencySummary();

  @Test
  void percentilesAreWithinAThousandthOfTheExactOnes() {
    for (int ms = 1; ms <= 1000; ms++) {
      summary.add(Outcomes.latency("p" + ms, ms));
    }

    assertThat(summary.count()).isEqualTo(1000);
    assertThat(summary.percentile(Part.TOTAL, 50)).isCloseTo(500, within(0.5));
    assertThat(summary.percentile(Part.TOTAL, 99)).isCloseTo(990, within(1.0));
    assertThat(summary.percentile(Part.TOTAL, 100)).isCloseTo(1000, within(1.0));
    assertThat(summary.percentile(Part.TIME_PER_OUTPUT_TOKEN, 50)).isCloseTo(4, within(0.01));
  }

  @Test
  void noRecordsAreZeroAndNoError() {
    assertThat(summary.percentile(Part.TOTAL, 50)).isZero();
    assertThat(summary.lines()).hasSize(1 + Part.values().length);
  }

  @Test
  void aClockThatRanBackwardsCountsAsNoTime() {
    summary.add(Outcomes.latency("a", -3));

    assertThat(summary.percentile(Part.TOTAL, 100)).isZero();
  }
}
