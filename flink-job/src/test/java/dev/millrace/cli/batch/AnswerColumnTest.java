package dev.millrace.cli.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.job.task.TaskDefinition;
import dev.millrace.job.task.TaskFiles;
import dev.millrace.schema.FinishReason;
import dev.millrace.schema.GenerationResult;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class AnswerColumnTest {
  @Test
  void aVotedLabelHasItsVotesAndTheScoresOfAllLabels() {
    TaskDefinition task =
        task(
            """
            tasks:
              t:
                kind: label
                version: 1
                prompt: "{{ text }}"
                sampling: {temperature: 1}
                label: {labels: [yes, no], votes: 5}
            """);
    GenerationResult answer = answer("yes");
    answer.setLabelScores(Map.of("yes", 0.75, "no", 0.25));
    answer.setMargin(0.5);
    answer.setVotes(Map.of("yes", 4, "no", 1));

    assertThat(AnswerColumn.of(task, "l"))
        .extracting(AnswerColumn::name, column -> column.value().apply(answer))
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("l", "yes"),
            org.assertj.core.groups.Tuple.tuple("l_finish_reason", "STOP"),
            org.assertj.core.groups.Tuple.tuple("l_probability", 0.75),
            org.assertj.core.groups.Tuple.tuple("l_margin", 0.5),
            org.assertj.core.groups.Tuple.tuple("l_scores", "{\"no\":0.25,\"yes\":0.75}"),
            org.assertj.core.groups.Tuple.tuple("l_votes", "{\"no\":1,\"yes\":4}"));
  }

  @Test
  void anOutputsFieldsAreColumnsButForTheRowsOwn() {
    TaskDefinition task =
        task(
            """
            tasks:
              t:
                version: 1
                prompt: "{{ text }}"
                output: {topic: o, fields: {row: /input/text, reply: /text, cost: /prompt_tokens}}
            """);
    GenerationResult whole = answer("Hello");
    GenerationResult cut = answer("Hel");
    cut.setFinishReason(FinishReason.LENGTH);

    List<AnswerColumn> columns = AnswerColumn.of(task, "a");
    assertThat(columns)
        .extracting(AnswerColumn::name)
        .containsExactly("a_reply", "a_cost", "a_cut");
    assertThat(columns)
        .extracting(column -> column.value().apply(whole))
        .containsExactly("Hello", "3", null);
    assertThat(columns)
        .extracting(column -> column.value().apply(cut))
        .containsExactly("Hel", "3", "true");
  }

  private static TaskDefinition task(String yaml) {
    return TaskFiles.of("t.yaml", yaml).tasks().named("t").orElseThrow();
  }

  private static GenerationResult answer(String text) {
    GenerationResult answer = new GenerationResult();
    answer.setId("1");
    answer.setText(text);
    answer.setFinishReason(FinishReason.STOP);
    answer.setPromptTokens(3);
    answer.setCompletionTokens(1);
    answer.setAttributes(Map.of());
    return answer;
  }
}
