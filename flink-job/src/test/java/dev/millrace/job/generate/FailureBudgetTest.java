package dev.millrace.job.generate;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.job.config.FailureBudgetSettings;
import dev.millrace.schema.DeadLetter;
import java.time.Duration;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.junit.jupiter.api.Test;

class FailureBudgetTest {
  private static final long MINUTE = 60_000;

  private final FailureBudget budget =
      new FailureBudget(new FailureBudgetSettings(0.2, Duration.ofMinutes(1), 10, true));

  @Test
  void aShareOfDeadLettersAboveTheLimitEndsTheJobWithTheReason() {
    completed(0, 8);
    refused(0, 2);
    assertThatThrownBy(() -> refused(1, 1))
        .isInstanceOf(SuppressRestartsException.class)
        .cause()
        .hasMessageContaining("3 of the last 11 outcomes within 1 min are dead letters")
        .hasMessageContaining("TEMPLATE_ERROR: 3")
        .hasMessageContaining("0.2 that millrace.failure-budget.share allows")
        .hasMessageContaining("the template refused it");
  }

  @Test
  void aFewOutcomesProveNothing() {
    assertThatCode(() -> refused(0, 9)).doesNotThrowAnyException();
    assertThatThrownBy(() -> refused(0, 1)).isInstanceOf(SuppressRestartsException.class);
  }

  @Test
  void onlyTheWindowCounts() {
    refused(0, 9);
    completed(MINUTE, 8);
    refused(MINUTE, 2);
    completed(2 * MINUTE, 100);
    refused(2 * MINUTE, 25);
    assertThatThrownBy(() -> refused(2 * MINUTE, 1)).isInstanceOf(SuppressRestartsException.class);
  }

  @Test
  void withoutALimitEverythingMayFail() {
    FailureBudget unlimited =
        new FailureBudget(new FailureBudgetSettings(0, Duration.ofMinutes(1), 1, true));
    assertThatCode(() -> unlimited.refused(0, letter())).doesNotThrowAnyException();
  }

  @Test
  void theReasonQuotesNoPromptIfLogsAreRedacted() {
    FailureBudget redacted =
        new FailureBudget(new FailureBudgetSettings(0.2, Duration.ofMinutes(1), 1, false));
    assertThatThrownBy(() -> redacted.refused(0, letter()))
        .cause()
        .hasMessageContaining("TEMPLATE_ERROR: 1")
        .message()
        .doesNotContain("the template refused it");
  }

  private void completed(long now, int count) {
    for (int i = 0; i < count; i++) {
      budget.completed(now);
    }
  }

  private void refused(long now, int count) {
    for (int i = 0; i < count; i++) {
      budget.refused(now, letter());
    }
  }

  private static DeadLetter letter() {
    DeadLetter letter = new DeadLetter();
    letter.setCode("TEMPLATE_ERROR");
    letter.setMessage("the template refused it");
    return letter;
  }
}
