package dev.millrace.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cli.report.AnswerScores.Measure;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerScoresTest {
  private final AnswerScores scores = new AnswerScores();

  @Test
  void nothing_scored_is_absent_and_not_zero() {
    assertThat(scores.get(Measure.LABEL_ACCURACY)).isEmpty();
  }

  @Test
  void a_label_is_right_only_as_a_whole() {
    scores.label("billing", " billing\n");
    scores.label("billing", "billing and returns");
    scores.label("billing", "Billing");
    scores.label("returns", "returns");
    assertThat(scores.get(Measure.LABEL_ACCURACY)).hasValue(0.5);
  }

  @Test
  void an_enrichment_is_exact_if_it_is_the_same_object_in_any_order_and_spacing() {
    String expected = "{\"order\":\"12\",\"amount\":\"3\"}";
    scores.enrich(expected, "{ \"amount\": \"3\", \"order\": \"12\" }");
    scores.enrich(expected, "{\"order\":\"12\",\"amount\":\"4\"}");
    scores.enrich(expected, "{\"order\":\"12\",\"amount\":\"3\",\"more\":1}");
    scores.enrich(expected, "{\"order\":\"12\"");
    scores.enrich(expected, "\"text\"");
    assertThat(scores.get(Measure.ENRICH_VALID)).hasValue(0.6);
    assertThat(scores.get(Measure.ENRICH_EXACT)).hasValue(0.2);
  }

  @Test
  void a_summary_scores_the_share_of_the_facts_it_names() {
    scores.summarise("Ann paid 5 EUR", List.of("Ann", "5 EUR"), "Ann paid.");
    scores.summarise("Ann paid 5 EUR", List.of("Ann", "5 EUR"), "Ann paid 5 EUR.");
    assertThat(scores.get(Measure.SUMMARY_FACT_RECALL)).hasValue(0.75);
  }

  @Test
  void a_number_that_the_case_does_not_have_is_invented() {
    scores.summarise("Order 123, 45.90 EUR.", List.of("123"), "Order 123 for 45.90 EUR.");
    scores.summarise("Order 123, 45.90 EUR.", List.of("123"), "Order 123 for 45 EUR.");
    assertThat(scores.get(Measure.SUMMARY_NUMBERS_FAITHFUL)).hasValue(0.5);
  }
}
