package dev.millrace.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LoadDisplayTest {
  private static final long TOTAL = 10_000_000_000L;

  private final StringWriter shown = new StringWriter();
  private long nanos;

  @Test
  void a_model_that_is_there_at_once_shows_nothing() {
    LoadDisplay display = display(false);
    display.loaded(TOTAL / 2, TOTAL);
    display.loaded(TOTAL, TOTAL);
    assertThat(shown.toString()).isEmpty();
  }

  @Test
  void a_log_gets_a_line_now_and_then_and_one_at_the_end() {
    LoadDisplay display = display(false);
    at(2, display, 1);
    at(3, display, 2);
    at(6, display, 3);
    at(8, display, 4);
    at(9, display, 10);
    assertThat(shown.toString())
        .isEqualTo(
            """
              loading the model: 1.0 of 10.0 GB, 2 s
              loading the model: 4.0 of 10.0 GB, 8 s
              loading the model: 10.0 of 10.0 GB, 9 s
            """);
  }

  @Test
  void a_terminal_gets_one_line_that_is_rewritten() {
    LoadDisplay display = display(true);
    at(2, display, 1);
    at(3, display, 2);
    at(4, display, 10);
    assertThat(shown.toString())
        .isEqualTo(
            "\r\u001b[2K  loading the model: 1.0 of 10.0 GB, 2 s"
                + "\r\u001b[2K  loading the model: 2.0 of 10.0 GB, 3 s"
                + "\r\u001b[2K  loading the model: 10.0 of 10.0 GB, 4 s\n");
  }

  private LoadDisplay display(boolean terminal) {
    LoadDisplay display = new LoadDisplay(new PrintWriter(shown), terminal, () -> nanos);
    display.loaded(0, TOTAL);
    return display;
  }

  private void at(int second, LoadDisplay display, int gigabytes) {
    nanos = TimeUnit.SECONDS.toNanos(second);
    display.loaded(gigabytes * TOTAL / 10, TOTAL);
  }
}
