package dev.millrace.job.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.TestSettings;
import dev.millrace.job.model.FakeModel;
import dev.millrace.job.prepare.PromptPreparer;
import dev.millrace.job.record.Outcomes;
import dev.millrace.job.record.Prepared;
import dev.millrace.job.record.Prompts;
import dev.millrace.schema.GenerationResult;
import java.util.Map;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class VotedLabelTest {
  private static final JobSettings SETTINGS =
      TestSettings.withTasks(
          """
          tasks:
            route:
              kind: label
              version: 1
              prompt: "{{ text }}"
              sampling: {temperature: 1, max_tokens: 8}
              label: {labels: [billing, outage], votes: 3}
          """);

  private final FakeModel model = FakeModel.driven();

  @Test
  void severalAnswersAreDrawnAndTheMostFrequentWins() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, SETTINGS)) {
      operator.process(message());
      assertThat(model.submitted())
          .hasSize(3)
          .extracting(generation -> generation.request().sampling().seed())
          .doesNotHaveDuplicates();
      model.submitted(0).generate("outage").finish();
      model.submitted(1).generate("billing").finish();
      operator.runMails();
      assertThat(operator.output()).isEmpty();
      model.submitted(2).generate("outage").finish();
      operator.runMails();

      GenerationResult result = Outcomes.results(operator.output()).get(0);
      assertThat(result.getId()).isEqualTo("m");
      assertThat(result.getLabel()).contains("outage");
      assertThat(result.getText()).isEqualTo("outage");
      assertThat(result.getVotes().orElseThrow()).isEqualTo(Map.of("outage", 2, "billing", 1));
      assertThat(result.getCompletionTokens()).as("of all answers").isEqualTo(6 + 7 + 6);
    }
  }

  @Test
  void votesThatAreInAreKeptOverAFailure() throws Exception {
    OperatorSubtaskState state;
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, SETTINGS)) {
      operator.process(message());
      model.submitted(0).generate("outage").finish();
      model.submitted(2).generate("billing").finish();
      operator.runMails();
      state = operator.snapshot();
    }
    FakeModel second = FakeModel.driven();
    try (OperatorUnderTest operator = OperatorUnderTest.restored(second, SETTINGS, state)) {
      assertThat(second.submitted()).hasSize(1);
      second.submitted(0).generate("billing").finish();
      operator.runMails();

      assertThat(Outcomes.results(operator.output()).get(0).getVotes().orElseThrow())
          .isEqualTo(Map.of("outage", 1, "billing", 2));
    }
  }

  @Test
  void votesOfAnAdapterThatHasChangedSinceDoNotCount() throws Exception {
    model.adapters().put("legal", "before");
    OperatorSubtaskState state;
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, SETTINGS)) {
      operator.process(message(",\"adapter\":\"legal\""));
      model.submitted(0).generate("outage").finish();
      operator.runMails();
      state = operator.snapshot();
    }
    FakeModel same = FakeModel.driven();
    same.adapters().put("legal", "before");
    try (OperatorUnderTest operator = OperatorUnderTest.restored(same, SETTINGS, state)) {
      assertThat(same.submitted()).as("one vote is in").hasSize(2);
      assertThat(operator.output()).isEmpty();
    }
    FakeModel changed = FakeModel.driven();
    changed.adapters().put("legal", "after");
    try (OperatorUnderTest operator = OperatorUnderTest.restored(changed, SETTINGS, state)) {
      assertThat(changed.submitted()).hasSize(3);
      assertThat(operator.output()).isEmpty();
    }
  }

  private Prepared message() {
    return message("");
  }

  private Prepared message(String fields) {
    return new PromptPreparer(model, SETTINGS.defaults(), SETTINGS.tasks().tasks())
        .prepare(
            Prompts.record(
                "{\"id\":\"m\",\"task\":\"route\",\"input\":{\"text\":\"no light\"}%s}"
                    .formatted(fields)));
  }
}
