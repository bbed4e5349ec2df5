package dev.millrace.cli.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import org.junit.jupiter.api.Test;

class RateTest {
  private static final long START = 1_000_000;

  private final Rate rate = new Rate();

  @Test
  void nothingIsFastAtFirst() {
    assertThat(rate.perSecond(START)).isZero();
    rate.update(START, 500);
    assertThat(rate.perSecond(START)).as("what was there before is not counted").isZero();
  }

  @Test
  void aSteadyCountHasItsRate() {
    every(1_000, 10, 20);
    assertThat(rate.perSecond(START + 20_000)).isEqualTo(10, offset(0.01));
  }

  @Test
  void aCountThatIsSeenToRiseEveryTenSecondsHasTheSameRateBetweenThem() {
    for (int second = 0; second <= 40; second++) {
      rate.update(START + second * 1_000L, second / 10 * 100);
      if (second >= 20) {
        assertThat(rate.perSecond(START + second * 1_000L)).isEqualTo(10, offset(0.01));
      }
    }
  }

  @Test
  void aCountThatStandsStillForLongHasNone() {
    every(1_000, 10, 20);
    assertThat(rate.perSecond(START + 21_500)).isPositive();
    assertThat(rate.perSecond(START + 30_000)).isZero();
  }

  @Test
  void aPauseDoesNotMakeTheNextRiseSlow() {
    rate.update(START, 0);
    rate.update(START + 600_000, 50);
    assertThat(rate.perSecond(START + 600_000)).isEqualTo(10, offset(0.01));
  }

  @Test
  void aCountThatBeginsAnewIsNoNegativeRate() {
    every(1_000, 10, 20);
    rate.update(START + 21_000, 3);
    assertThat(rate.perSecond(START + 21_000)).isZero();
    rate.update(START + 22_000, 13);
    assertThat(rate.perSecond(START + 22_000)).isEqualTo(10, offset(0.01));
  }

  private void every(long interval, int more, int times) {
    for (int i = 0; i <= times; i++) {
      rate.update(START + i * interval, i * more);
    }
  }
}
