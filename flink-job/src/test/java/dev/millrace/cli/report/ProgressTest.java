package dev.millrace.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class ProgressTest {
  @Test
  void theLineShowsBarCountSpeedAndTimeLeft() {
    Progress half = new Progress(30, 60, 1234, Duration.ofSeconds(10));

    assertThat(half.line()).isEqualTo("[############............] 30/60  123 tok/s  ETA 0:10");
  }

  @Test
  void nothingDoneHasNoTimeLeftToTell() {
    Progress none = new Progress(0, 60, 0, Duration.ofSeconds(3));

    assertThat(none.remaining()).isEmpty();
    assertThat(none.line()).endsWith("0/60  0 tok/s  ETA -:--");
  }

  @Test
  void what_an_earlier_run_did_says_nothing_of_the_time_left() {
    Progress resumed = new Progress(60, 100, 10, Duration.ofSeconds(5), 50);
    assertThat(resumed.remaining()).contains(Duration.ofSeconds(20));
    assertThat(new Progress(50, 100, 0, Duration.ofSeconds(5), 50).remaining()).isEmpty();
  }

  @Test
  void timeLeftIsRoundedUpSoThatItEndsAtZeroAndNotBefore() {
    assertThat(new Progress(9, 10, 0, Duration.ofMillis(900)).line()).endsWith("ETA 0:01");
    assertThat(new Progress(10, 10, 0, Duration.ofMillis(900)).line()).endsWith("ETA 0:00");
  }

  @Test
  void hoursAreShownAsHours() {
    assertThat(new Progress(1, 3, 0, Duration.ofMinutes(31)).line()).endsWith("ETA 1:02:00");
  }

  @Test
  void moreDoneThanThereIsIsRefused() {
    assertThatThrownBy(() -> new Progress(3, 2, 0, Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("progress 3 of 2, 0 before");
  }

  @Test
  void aTerminalHasOneLineThatIsRewritten() {
    StringWriter text = new StringWriter();
    ProgressDisplay display = new ProgressDisplay(new PrintWriter(text), true);

    display.show(new Progress(1, 2, 0, Duration.ofSeconds(1)));
    display.show(new Progress(2, 2, 0, Duration.ofSeconds(2)));

    assertThat(text.toString()).doesNotContain("\n").contains("\r").contains("1/2").contains("2/2");
  }

  @Test
  void aLogFileHasALineNowAndThenAndTheLast() {
    StringWriter text = new StringWriter();
    ProgressDisplay display = new ProgressDisplay(new PrintWriter(text), false);

    for (int done = 0; done <= 10; done++) {
      display.show(new Progress(done, 10, 0, Duration.ofSeconds(done)));
    }

    assertThat(text.toString().lines().map(line -> line.replaceAll(".*\\] ([0-9/]+).*", "$1")))
        .containsExactly("0/10", "5/10", "10/10");
  }
}
