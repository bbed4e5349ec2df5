package dev.millrace.job.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.FinishReason;
import dev.millrace.engine.GenerationException;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.TestSettings;
import dev.millrace.job.model.FakeGeneration;
import dev.millrace.job.model.FakeModel;
import dev.millrace.job.prepare.PromptPreparer;
import dev.millrace.job.record.Outcomes;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.OutputTopic;
import dev.millrace.job.record.Prepared;
import dev.millrace.job.record.Prompts;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.DocumentParts;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import java.util.List;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A token is a character here; a part has 20 of them, and two summaries fit a prompt. */
@Timeout(120)
class DocumentSummaryTest {
  private static final String TASKS =
      """
      tasks:
        sum:
          kind: summarise
          version: 1
          prompt: "S{{ text }}"
          sampling: {max_tokens: 24, temperature: 0}
          summarise:
            part_tokens: 20
            combine: {prompt: "C{% for part in parts %}{{ part }};{% endfor %}"}
      """;

  private static final JobSettings SETTINGS = TestSettings.withTasks(TASKS);

  private static final int ROOM_FOR_ALL = 10_000;

  /** Five sentences of 16 characters. */
  private static final String LONG =
      "One is the a.   Two is the b.   Three is c.     Four is the d.  Five is e.";

  private final FakeModel model = FakeModel.driven();

  @Test
  void aShortDocumentTakesOneCall() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, SETTINGS)) {
      operator.process(document("Brief."));
      assertThat(prompts(model)).containsExactly("SBrief.");
      model.submitted(0).generate("b").finish();
      operator.runMails();

      GenerationResult result = result(operator);
      assertThat(result.getText()).isEqualTo("b");
      assertThat(result.getTask()).contains("sum");
      assertThat(result.getDocument()).contains(new DocumentParts(1, 1, 1, 0));
    }
  }

  @Test
  void aLongDocumentIsSummarisedInPartsThatAreCombinedLevelByLevel() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, SETTINGS)) {
      operator.process(document(LONG));
      assertThat(prompts(model))
          .containsExactly(
              "SOne is the a.   ",
              "STwo is the b.   ",
              "SThree is c.     ",
              "SFour is the d.  ",
              "SFive is e.");
      finish(operator, 0, 5, "a summary of 22 chars ");
      assertThat(model.submitted()).as("two pairs, the fifth is carried on").hasSize(7);
      assertThat(prompts(model).get(5))
          .isEqualTo("Ca summary of 22 chars 0;a summary of 22 chars 1;");
      finish(operator, 5, 7, "another of 23 charactr");
      assertThat(model.submitted()).as("of three two are combined").hasSize(8);
      finish(operator, 7, 8, "yet another of 24 chrs");
      assertThat(model.submitted()).hasSize(9);
      assertThat(operator.output()).isEmpty();
      model.submitted(8).generate("all").finish();
      operator.runMails();

      GenerationResult result = result(operator);
      assertThat(result.getId()).isEqualTo("d");
      assertThat(result.getText()).isEqualTo("all");
      assertThat(result.getDocument()).contains(new DocumentParts(5, 9, 4, 0));
      assertThat(result.getPromptTokens())
          .as("the cost of all generations")
          .isEqualTo(model.submitted().stream().mapToInt(g -> g.request().prompt().size()).sum());
      assertThat(result.getCompletionTokens())
          .isEqualTo(model.submitted().stream().mapToInt(g -> g.tokens().size()).sum());
      assertThat(operator.output())
          .extracting(OutputRecord::topic)
          .containsExactly(OutputTopic.COMPLETIONS, OutputTopic.LATENCY);
    }
  }

  @Test
  void eachPartHasANoiseOfItsOwn() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, SETTINGS)) {
      operator.process(document(LONG));

      assertThat(model.submitted())
          .extracting(g -> g.request().sampling().seed())
          .doesNotHaveDuplicates();
      assertThat(model.submitted()).extracting(g -> g.request().id()).doesNotHaveDuplicates();
    }
  }

  @Test
  void finishedPartsAreNotGeneratedAgainAfterAFailure() throws Exception {
    OperatorSubtaskState state;
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, SETTINGS)) {
      operator.process(document(LONG));
      model.submitted(0).generate("first").finish();
      model.submitted(3).generate("fourth").finish();
      model.submitted(1).generate("sec");
      operator.runMails();
      state = operator.snapshot();
    }
    FakeModel second = FakeModel.driven();
    try (OperatorUnderTest operator = OperatorUnderTest.restored(second, SETTINGS, state)) {
      assertThat(second.submitted())
          .extracting(g -> g.request().id())
          .containsExactly("d part 2", "d part 3", "d part 5");
      assertThat(second.submitted(0).tokens().size()).as("goes on from 'sec'").isEqualTo(3);
      second.submitted(0).generate("ond").finish();
      second.submitted(1).generate("third").finish();
      second.submitted(2).generate("fifth").finish();
      operator.runMails();
      assertThat(prompts(second).get(3)).isEqualTo("Cfirst;second;third;fourth;fifth;");
      second.submitted(3).generate("all").finish();
      operator.runMails();

      assertThat(result(operator).getDocument()).contains(new DocumentParts(5, 6, 2, 0));
      GenerationLatency latency = Outcomes.latencies(operator.output()).get(0);
      assertThat(latency.getAttempts()).isEqualTo(2);
      assertThat(latency.getResumedTokens()).isEqualTo("first".length() + "fourth".length() + 3);
    }
  }

  @Test
  void aFailureBetweenTheLastAnswerAndTheOutcomeGeneratesNothingAgain() throws Exception {
    OperatorSubtaskState state;
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, SETTINGS)) {
      operator.process(document(LONG));
      finish(operator, 0, 5, "x");
      state = operator.snapshot();
      model.submitted(5).generate("lost").finish();
    }
    FakeModel second = FakeModel.driven();
    try (OperatorUnderTest operator = OperatorUnderTest.restored(second, SETTINGS, state)) {
      assertThat(prompts(second)).containsExactly("Cx0;x1;x2;x3;x4;");
      second.submitted(0).generate("all").finish();
      operator.runMails();

      assertThat(result(operator).getText()).isEqualTo("all");
    }
  }

  @Test
  void anotherTemplateStartsTheDocumentAgain() throws Exception {
    OperatorSubtaskState state;
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, SETTINGS)) {
      operator.process(document(LONG));
      finish(operator, 0, 4, "x");
      state = operator.snapshot();
    }
    FakeModel second = FakeModel.driven();
    JobSettings changed = TestSettings.withTasks(TASKS.replace("prompt: \"S", "prompt: \"T"));
    try (OperatorUnderTest operator = OperatorUnderTest.restored(second, changed, state)) {
      assertThat(operator.output()).isEmpty();
      assertThat(second.submitted()).hasSize(5);
      assertThat(prompts(second).get(0)).startsWith("TOne");
    }
  }

  @Test
  void rescalingSharesTheDocumentsOutWithTheirParts() throws Exception {
    OperatorSubtaskState state;
    FakeModel first = FakeModel.drivenWithCache(ROOM_FOR_ALL);
    try (OperatorUnderTest operator = OperatorUnderTest.on(first, SETTINGS)) {
      for (String id : List.of("a", "b", "c", "d")) {
        operator.process(prepare(id, LONG, SETTINGS));
      }
      for (int part = 0; part < 3; part++) {
        first.submitted(part).generate("x").finish();
      }
      operator.runMails();
      state = operator.snapshot();
    }
    FakeModel second = FakeModel.drivenWithCache(ROOM_FOR_ALL);
    try (OperatorUnderTest left = OperatorUnderTest.rescaled(second, SETTINGS, state, 0);
        OperatorUnderTest right = OperatorUnderTest.rescaled(second, SETTINGS, state, 1)) {
      left.runMails();
      right.runMails();

      assertThat(second.submitted())
          .hasSize(4 * 5 - 3)
          .extracting(generation -> generation.request().id())
          .doesNotHaveDuplicates()
          .doesNotContain("a part 1", "a part 2", "a part 3");
    }
  }

  @Test
  void partsShareTheirDocumentsFate() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, SETTINGS)) {
      operator.process(document(LONG));
      model.submitted(0).generate("x").finish();
      model.submitted(2).fail(GenerationException.Code.GENERATION_FAILED, "NaN everywhere");
      operator.runMails();

      assertThat(List.of(model.submitted(1), model.submitted(3), model.submitted(4)))
          .allMatch(FakeGeneration::isCancelled);
      assertThat(model.submitted(0).isCancelled()).isFalse();
      DeadLetter letter = Outcomes.deadLetters(operator.output()).get(0);
      assertThat(letter.getId()).contains("d");
      assertThat(letter.getMessage()).contains("NaN everywhere");
      assertThat(operator.output()).as("one outcome").hasSize(1);
    }
  }

  @Test
  void summariesThatWereCutAreCounted() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, SETTINGS)) {
      operator.process(document(LONG));
      model.submitted(0).generate("x").finish(FinishReason.LENGTH);
      finish(operator, 1, 5, "x");
      model.submitted(5).generate("all").finish();
      operator.runMails();

      assertThat(result(operator).getDocument()).contains(new DocumentParts(5, 6, 2, 1));
      assertThat(result(operator).getFinishReason())
          .isEqualTo(dev.millrace.schema.FinishReason.STOP);
    }
  }

  @Test
  void summariesThatCannotBeCombinedAreRefusedBeforeAnythingIsGenerated() throws Exception {
    JobSettings wordy = TestSettings.withTasks(TASKS.replace("max_tokens: 24", "max_tokens: 60"));
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, wordy)) {
      operator.process(prepare(LONG, wordy));

      DeadLetter letter = Outcomes.deadLetters(operator.output()).get(0);
      assertThat(letter.getCode()).isEqualTo(ErrorCode.CONTEXT_EXCEEDED.name());
      assertThat(letter.getMessage()).contains("lower max_tokens 60");
      assertThat(model.submitted()).isEmpty();
    }
  }

  private void finish(OperatorUnderTest operator, int from, int to, String text) throws Exception {
    for (int i = from; i < to; i++) {
      model.submitted(i).generate(text + i).finish();
    }
    operator.runMails();
  }

  private Prepared document(String text) {
    return prepare(text, SETTINGS);
  }

  private Prepared prepare(String text, JobSettings settings) {
    return prepare("d", text, settings);
  }

  private Prepared prepare(String id, String text, JobSettings settings) {
    return new PromptPreparer(model, settings.defaults(), settings.tasks().tasks())
        .prepare(
            Prompts.record(
                "{\"id\":\"%s\",\"task\":\"sum\",\"input\":{\"text\":\"%s\"}}"
                    .formatted(id, text)));
  }

  private static GenerationResult result(OperatorUnderTest operator) {
    return Outcomes.results(operator.output()).get(0);
  }

  private static List<String> prompts(FakeModel model) {
    return model.submitted().stream()
        .map(
            generation -> {
              StringBuilder text = new StringBuilder();
              generation.request().prompt().stream().forEach(token -> text.append((char) token));
              return text.toString();
            })
        .toList();
  }
}
