package dev.millrace.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class OutcomeTallyTest {
  private final OutcomeTally tally = new OutcomeTally();

  @Test
  void everyPromptWithOneOutcomeAndEveryCompletionWithOneLatencyRecordIsRight() {
    tally.sent("a");
    tally.sent("b");
    tally.add(Outcomes.completion("a", 5));
    tally.add(Outcomes.latency("a", 10));
    tally.add(Outcomes.deadLetter("b"));

    assertThat(tally.isComplete()).isTrue();
    assertThat(tally.violations()).isEmpty();
  }

  @Test
  void aCompletionWhoseLatencyRecordIsStillToComeIsNotComplete() {
    tally.sent("a");
    tally.add(Outcomes.completion("a", 5));

    assertThat(tally.done()).isEqualTo(1);
    assertThat(tally.isComplete()).isFalse();
    assertThat(tally.violations()).containsExactly("1 completions without a latency record: a");
  }

  @Test
  void aPromptWithoutAnOutcomeIsNamed() {
    tally.sent("a");
    tally.sent("b");
    tally.add(Outcomes.deadLetter("a"));

    assertThat(tally.violations()).containsExactly("1 prompts without an outcome: b");
  }

  @Test
  void aSecondOutcomeOfAPromptIsNamed() {
    tally.sent("a");
    tally.add(Outcomes.deadLetter("a"));
    tally.add(Outcomes.completion("a", 5));
    tally.add(Outcomes.latency("a", 10));

    assertThat(tally.violations()).containsExactly("1 prompts with more than one outcome: a");
  }

  @Test
  void aSecondLatencyRecordIsNamed() {
    tally.sent("a");
    tally.add(Outcomes.completion("a", 5));
    tally.add(Outcomes.latency("a", 10));
    tally.add(Outcomes.latency("a", 10));

    assertThat(tally.violations()).containsExactly("1 latency records beyond the completions: a");
  }

  @Test
  void anOutcomeOfAnUnknownPromptIsNamed() {
    tally.add(Outcomes.deadLetter("x"));

    assertThat(tally.violations()).containsExactly("1 dead letters nobody asked for: x");
  }

  @Test
  void ofManyGuiltyIdsTheFirstFewAreNamed() {
    for (int i = 1; i <= 7; i++) {
      tally.sent("p" + i);
    }

    assertThat(tally.violations())
        .containsExactly("7 prompts without an outcome: p1, p2, p3, p4, p5, ...");
  }

  @Test
  void twoPromptsOfOneIdAreRefused() {
    tally.sent("a");

    assertThatThrownBy(() -> tally.sent("a"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("two prompts have the id 'a'");
  }

  @Test
  void theReportCountsRecordsDividesTokensByTheTimeAndHasTheScoresThereAre() {
    tally.sent("a");
    tally.sent("b");
    tally.sent("c");
    tally.add(Outcomes.completion("a", 5));
    tally.add(Outcomes.latency("a", 10));
    tally.add(Outcomes.completion("b", 7));
    tally.add(Outcomes.latency("b", 10));
    tally.add(Outcomes.deadLetter("c"));

    AnswerScores scores = new AnswerScores();
    scores.label("billing", "billing");
    assertThat(DemoReport.of(tally, Duration.ofMillis(1500), scores).toJson())
        .isEqualTo(
            "{\"prompts\":3,\"completions\":2,\"deadLetters\":1,\"latencyRecords\":2,"
                + "\"tokensPerSecond\":8.0,\"elapsedSeconds\":1.5,\"labelAccuracy\":1.0}");
  }

  @Test
  void theReportSaysHowManyEnrichmentsAreValidAndHowManySummariesInventNoNumber() {
    AnswerScores scores = new AnswerScores();
    scores.enrich("{\"order\":\"A1\"}", "{\"order\":\"A2\"}");
    scores.summarise("It cost 7 euros.", List.of("7 euros"), "7 euros on 3 May");
    assertThat(DemoReport.of(tally, Duration.ZERO, scores).toJson())
        .contains("\"enrichValid\":1.0,\"enrichExact\":0.0")
        .contains("\"summaryFactRecall\":1.0,\"summaryNumbersFaithful\":0.0");
  }
}
