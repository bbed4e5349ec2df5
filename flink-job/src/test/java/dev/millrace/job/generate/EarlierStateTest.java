package dev.millrace.job.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.TokenIds;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.TestSettings;
import dev.millrace.job.model.FakeGeneration;
import dev.millrace.job.model.FakeModel;
import dev.millrace.job.record.Outcomes;
import dev.millrace.schema.GenerationResult;
import java.nio.file.Path;
import java.util.List;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.util.OperatorSnapshotUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The operator's state as earlier versions of Millrace wrote it. {@code generate-operator.v2.state}
 * is Flink's savepoint of the operator by the last version that wrote records in version 2: a
 * generation with the tokens "wor"; one with log probabilities, of which that version kept nothing;
 * and a task of three votes, one of which is in and another one half generated.
 */
@Timeout(120)
class EarlierStateTest {
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
  void whatWasInFlightGoesOnFromItsTokens() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.restored(model, SETTINGS, version2())) {
      assertThat(model.submitted())
          .extracting(generation -> generation.request().resumed())
          .containsExactly(tokens("wor"), tokens(""), tokens("out"), tokens(""));
      model.submitted(0).generate("ld");
      model.submitted(1).generate("world");
      model.submitted(2).generate("age");
      model.submitted(3).generate("billing");
      model.submitted().forEach(FakeGeneration::finish);
      operator.runMails();

      List<GenerationResult> results = Outcomes.results(operator.output());
      assertThat(results)
          .extracting(GenerationResult::getId)
          .containsExactlyInAnyOrder("plain", "scored", "voted");
      assertThat(results)
          .extracting(GenerationResult::getText)
          .containsExactlyInAnyOrder("world", "world", "outage");
    }
  }

  @Test
  void itIsSharedOutWhenTheJobIsRescaled() throws Exception {
    try (OperatorUnderTest left = OperatorUnderTest.rescaled(model, SETTINGS, version2(), 0);
        OperatorUnderTest right = OperatorUnderTest.rescaled(model, SETTINGS, version2(), 1)) {
      left.runMails();
      right.runMails();

      assertThat(model.submitted()).hasSize(4);
    }
  }

  private static OperatorSubtaskState version2() throws Exception {
    Path file = Path.of(EarlierStateTest.class.getResource("generate-operator.v2.state").toURI());
    return OperatorSnapshotUtil.readStateHandle(file.toString());
  }

  private static TokenIds tokens(String text) {
    return TokenIds.of(text.chars().toArray());
  }
}
