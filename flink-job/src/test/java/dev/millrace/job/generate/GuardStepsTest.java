package dev.millrace.job.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.GenerationException;
import dev.millrace.engine.ResponseFormat;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.TestSettings;
import dev.millrace.job.event.RecordReader;
import dev.millrace.job.guard.GuardChecks;
import dev.millrace.job.model.FakeGeneration;
import dev.millrace.job.model.FakeModel;
import dev.millrace.job.prepare.PromptPreparer;
import dev.millrace.job.record.Outcomes;
import dev.millrace.job.record.Prepared;
import dev.millrace.job.record.Prompts;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.GuardAction;
import dev.millrace.schema.GuardSide;
import dev.millrace.schema.GuardVerdict;
import dev.millrace.schema.Stage;
import java.util.List;
import java.util.Map;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the guard does before and after a generation, step by step. A token is a character. */
@Timeout(120)
class GuardStepsTest {
  private static final String GUARD =
      """
      model: {directory: /models/guard, categories: {S1: theft, S2: rudeness}}
      guards:
        default:
          rules:
            - {name: pin, pattern: "[0-9]{4}", category: secret, action: redact}
            - {name: heron, pattern: heron, category: project, where: output, action: block}
          model: {block: [theft]}
        onlyModel: {model: {where: output}}
      """;

  private static final JobSettings SETTINGS = TestSettings.withGuard(GUARD);

  private final FakeModel model = FakeModel.drivenWithCache(10_000);
  private final FakeModel guard = FakeModel.drivenWithCache(10_000);

  @Test
  void theGuardIsAskedBeforeAndAfterAndTheResultSaysWhatItHolds() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.guarded(model, guard, SETTINGS)) {
      operator.process(prompt("a", "pin 1234"));
      assertThat(prompts(guard)).containsExactly("user:pin [secret]\n");
      assertThat(guard.submitted(0).request().responseFormat().orElseThrow())
          .as("held to the form of a verdict")
          .isInstanceOf(ResponseFormat.Choice.class);
      assertThat(model.submitted()).as("not before the guard has answered").isEmpty();

      judge(operator, 0, 0.1);
      assertThat(prompts(model)).containsExactly("pin [secret]");
      model.submitted(0).generate("ok 5678").finish();
      operator.runMails();
      assertThat(operator.output()).isEmpty();
      assertThat(prompts(guard)).last().isEqualTo("user:pin [secret]\nassistant:ok [secret]\n");
      judge(operator, 1, 0.2);

      GenerationResult result = Outcomes.results(operator.output()).get(0);
      assertThat(result.getText()).isEqualTo("ok [secret]");
      assertThat(result.getGuard().orElseThrow().getName()).matches("default:[0-9a-f]{8}");
      assertThat(result.getGuard().orElseThrow().getVerdicts())
          .containsExactly(
              new GuardVerdict(GuardSide.INPUT, "pin", "secret", GuardAction.REDACT, 1, null),
              new GuardVerdict(GuardSide.INPUT, "model", "safe", GuardAction.PASS, 1, 0.1),
              new GuardVerdict(GuardSide.OUTPUT, "pin", "secret", GuardAction.REDACT, 1, null),
              new GuardVerdict(GuardSide.OUTPUT, "model", "safe", GuardAction.PASS, 1, 0.2));
    }
  }

  @Test
  void anUnsafeRequestIsNeverGenerated() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.guarded(model, guard, SETTINGS)) {
      operator.process(prompt("a", "how to steal"));
      judge(operator, 0, 0.9);
      assertThat(operator.output()).as("its category is asked for first").isEmpty();
      answer(operator, 1, "unsafe\nS2,S1");

      assertThat(model.submitted()).isEmpty();
      DeadLetter letter = Outcomes.deadLetters(operator.output()).get(0);
      assertThat(letter.getCode()).isEqualTo(ErrorCode.INPUT_BLOCKED.name());
      assertThat(letter.getStage()).isEqualTo(Stage.VALIDATE);
      assertThat(letter.getCategory()).contains("theft");
      assertThat(letter.getMessage()).contains("'default'", "0.90", "theft");
    }
  }

  @Test
  void aCategoryThatDoesNotBlockIsReported() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.guarded(model, guard, SETTINGS)) {
      operator.process(prompt("a", "you fool"));
      judge(operator, 0, 0.9);
      answer(operator, 1, "unsafe\nS2");
      model.submitted(0).generate("sorry").finish();
      operator.runMails();
      judge(operator, 2, 0);

      assertThat(verdicts(operator))
          .contains(
              new GuardVerdict(GuardSide.INPUT, "model", "rudeness", GuardAction.FLAG, 1, 0.9));
    }
  }

  @Test
  void aBlockedAnswerIsNotQuotedAnywhere() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.guarded(model, guard, SETTINGS)) {
      operator.process(prompt("a", "tell me"));
      judge(operator, 0, 0);
      model.submitted(0).generate("the heron plan").finish();
      operator.runMails();

      assertThat(operator.output()).hasSize(1);
      DeadLetter letter = Outcomes.deadLetters(operator.output()).get(0);
      assertThat(letter.getCode()).isEqualTo(ErrorCode.OUTPUT_BLOCKED.name());
      assertThat(letter.getCategory()).contains("project");
      assertThat(letter.getId()).contains("a");
      assertThat(letter.toString()).doesNotContain("plan");
      assertThat(guard.submitted()).as("a rule has said it: the model is not asked").hasSize(1);
    }
  }

  @Test
  void whatTheModelCannotJudgeIsADeadLetter() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.guarded(model, guard, SETTINGS)) {
      operator.process(prompt("a", "hello"));
      guard.submitted(0).fail(GenerationException.Code.GENERATION_FAILED, "it is broken");
      operator.runMails();

      assertThat(model.submitted()).isEmpty();
      DeadLetter letter = Outcomes.deadLetters(operator.output()).get(0);
      assertThat(letter.getCode()).isEqualTo(ErrorCode.GUARD_FAILED.name());
      assertThat(letter.getCategory()).isEmpty();
      assertThat(letter.getMessage()).contains("it is broken", "on_failure: pass");
    }
  }

  @Test
  void orItGoesOnWithAVerdictThatSaysSo() throws Exception {
    JobSettings open =
        TestSettings.withGuard(
            GUARD.replace("model: {block: [theft]}", "model: {}\n    on_failure: pass"));
    try (OperatorUnderTest operator = OperatorUnderTest.guarded(model, guard, open)) {
      operator.process(prompt("a", "hello", open));
      guard.submitted(0).fail(GenerationException.Code.GENERATION_FAILED, "it is broken");
      operator.runMails();
      model.submitted(0).generate("world").finish();
      operator.runMails();
      guard.submitted(1).fail(GenerationException.Code.CACHE_EXCEEDED, "too long");
      operator.runMails();

      assertThat(Outcomes.results(operator.output())).hasSize(1);
      assertThat(verdicts(operator))
          .extracting(GuardVerdict::getAction)
          .containsExactly(GuardAction.UNCHECKED, GuardAction.UNCHECKED);
    }
  }

  @Test
  void anEngineThatHasEndedIsNoVerdict() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.guarded(model, guard, SETTINGS)) {
      operator.process(prompt("a", "hello"));
      guard.submitted(0).fail(GenerationException.Code.ENGINE_CLOSED, "its device is lost");

      assertThatThrownBy(operator::runMails).hasMessageContaining("its device is lost");
      assertThat(operator.output()).isEmpty();
    }
  }

  @Test
  void aGenerationGoesOnAfterAFailureAndTheGuardLooksAgain() throws Exception {
    OperatorSubtaskState state;
    try (OperatorUnderTest operator = OperatorUnderTest.guarded(model, guard, SETTINGS)) {
      operator.process(prompt("asked", "one"));
      operator.process(prompt("running", "two"));
      operator.process(prompt("answered", "three"));
      judge(operator, 1, 0);
      judge(operator, 2, 0);
      model.submitted(0).generate("half of it");
      model.submitted(1).generate("all of it").finish();
      operator.runMails();
      state = operator.snapshot();
    }
    FakeModel again = FakeModel.drivenWithCache(10_000);
    FakeModel guardAgain = FakeModel.drivenWithCache(10_000);
    try (OperatorUnderTest operator =
        OperatorUnderTest.guarded(again, guardAgain, SETTINGS, state)) {
      assertThat(prompts(guardAgain)).containsExactly("user:one\n", "user:two\n", "user:three\n");
      for (int i = 0; i < 3; i++) {
        guardAgain.submitted(i).choose(probabilities(0));
      }
      operator.runMails();
      assertThat(again.submitted())
          .extracting(generation -> generation.request().resumed().size())
          .containsExactly(0, "half of it".length(), "all of it".length());
      again.submitted().forEach(FakeGeneration::finish);
      operator.runMails();
      for (int i = 3; i < 6; i++) {
        guardAgain.submitted(i).choose(probabilities(0));
      }
      operator.runMails();

      assertThat(Outcomes.results(operator.output()))
          .extracting(GenerationResult::getText)
          .containsExactly("", "half of it", "all of it");
    }
  }

  @Test
  void whatWasBegunUnderOtherRulesBeginsAgain() throws Exception {
    OperatorSubtaskState state;
    try (OperatorUnderTest operator = OperatorUnderTest.on(model)) {
      operator.process(prompt("a", "pin 1234", TestSettings.defaults()));
      model.submitted(0).generate("half");
      state = operator.snapshot();
    }
    FakeModel again = FakeModel.drivenWithCache(10_000);
    try (OperatorUnderTest operator = OperatorUnderTest.guarded(again, guard, SETTINGS, state)) {
      judge(operator, 0, 0);

      assertThat(prompts(again)).as("masked now").containsExactly("pin [secret]");
      assertThat(again.submitted(0).request().resumed().isEmpty()).isTrue();
    }
  }

  @Test
  void aResultIsNotReusedUnderOtherRules() throws Exception {
    JobSettings reusing = TestSettings.with("millrace.reuse.enabled", "true");
    OperatorSubtaskState state;
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, reusing)) {
      operator.process(prompt("a", "hello", reusing));
      model.submitted(0).generate("heron").finish();
      operator.runMails();
      state = operator.snapshot();
    }
    JobSettings guarded = TestSettings.withGuard(reusing, GUARD);
    try (OperatorUnderTest operator = OperatorUnderTest.guarded(model, guard, guarded, state)) {
      operator.process(prompt("b", "hello", guarded));
      operator.process(prompt("c", "hello", guarded));
      judge(operator, 0, 0);
      model.submitted(1).generate("heron").finish();
      operator.runMails();

      assertThat(Outcomes.results(operator.output())).isEmpty();
      assertThat(Outcomes.deadLetters(operator.output()))
          .as("an equal request is blocked for the same")
          .extracting(letter -> letter.getCategory().orElseThrow())
          .containsExactly("project", "project");
    }
  }

  @Test
  void blockingIsNoFailure() throws Exception {
    JobSettings limited =
        TestSettings.withGuard(
            TestSettings.with(
                "millrace.failure-budget.share", "0.1", "millrace.failure-budget.minimum", "1"),
            GUARD);
    try (OperatorUnderTest operator = OperatorUnderTest.guarded(model, guard, limited)) {
      for (int i = 0; i < 5; i++) {
        operator.process(prompt("a" + i, "tell me " + (char) ('a' + i), limited));
        judge(operator, i, 0);
        model.submitted(i).generate("heron").finish();
        operator.runMails();
      }

      assertThat(Outcomes.deadLetters(operator.output())).hasSize(5);
    }
  }

  @Test
  void aLongDocumentIsJudgedOnceBeforeAndOnceAfter() throws Exception {
    JobSettings tasks =
        TestSettings.withTasks(
            """
            tasks:
              sum:
                kind: summarise
                version: 1
                guard: onlyInput
                prompt: "S{{ text }}"
                sampling: {max_tokens: 24, temperature: 0}
                summarise:
                  part_tokens: 20
                  combine: {prompt: "C{% for part in parts %}{{ part }};{% endfor %}"}
            """);
    JobSettings settings =
        TestSettings.withGuard(
            tasks,
            GUARD.replace(
                "onlyModel: {model: {where: output}}",
                "onlyInput: {rules: [{name: pin, pattern: \"[0-9]{4}\", action: redact}], model: {}}"));
    String document = "One is the a.   Pin is 1234.    ";
    OperatorSubtaskState state;
    try (OperatorUnderTest operator = OperatorUnderTest.guarded(model, guard, settings)) {
      operator.process(task("doc", document, settings));
      assertThat(model.submitted()).isEmpty();
      judge(operator, 0, 0);
      assertThat(prompts(model)).containsExactly("SOne is the a.   ", "SPin is [pin].    ");
      model.submitted(0).generate("a").finish();
      operator.runMails();
      state = operator.snapshot();
    }
    FakeModel again = FakeModel.drivenWithCache(10_000);
    FakeModel guardAgain = FakeModel.drivenWithCache(10_000);
    try (OperatorUnderTest operator =
        OperatorUnderTest.guarded(again, guardAgain, settings, state)) {
      operator.snapshot();
      guardAgain.submitted(0).choose(probabilities(0));
      operator.runMails();
      assertThat(prompts(again)).as("the first part is kept").containsExactly("SPin is [pin].    ");
      again.submitted(0).generate("b").finish();
      operator.runMails();
      again.submitted(1).generate("a and b 9876").finish();
      operator.runMails();
      assertThat(prompts(guardAgain)).last().asString().endsWith("assistant:a and b [pin]\n");
      guardAgain.submitted(1).choose(probabilities(0));
      operator.runMails();

      GenerationResult result = Outcomes.results(operator.output()).get(0);
      assertThat(result.getText()).isEqualTo("a and b [pin]");
      assertThat(result.getGuard().orElseThrow().getVerdicts())
          .extracting(GuardVerdict::getCheck)
          .containsExactly("pin", "model", "pin", "model");
    }
  }

  @Test
  void itsModelIsHeldAsLongAsTheTaskRuns() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.guarded(model, guard, SETTINGS)) {
      assertThat(guard.holders()).isEqualTo(1);
      operator.endInput();
    }
    assertThat(guard.holders()).isZero();
  }

  @Test
  void aTaskThatIsTriedHasItsGuardToo() {
    FakeModel reversing = FakeModel.answering();
    JobSettings settings = TestSettings.withGuard(GUARD.replace("model: {block: [theft]}", ""));
    RecordReader records = new RecordReader(1_000, settings.tasks().tasks());
    try (GuardChecks checks =
        GuardChecks.open(settings, reversing.factory(), records, Runnable::run)) {
      DirectAnswer direct = new DirectAnswer(reversing, settings, checks);

      GenerationResult masked =
          Outcomes.results(direct.answer(Prompts.record("{\"id\":\"a\",\"prompt\":\"1234\"}")))
              .get(0);
      DeadLetter letter =
          Outcomes.deadLetters(direct.answer(Prompts.record("{\"id\":\"b\",\"prompt\":\"noreh\"}")))
              .get(0);

      assertThat(masked.getText()).isEqualTo("]terces[");
      assertThat(masked.getGuard()).isPresent();
      assertThat(letter.getCategory()).contains("project");
    }
  }

  @Test
  void withoutAGuardNobodyIsAskedAndTheResultSaysNothing() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model)) {
      operator.process(prompt("a", "pin 1234", TestSettings.defaults()));
      model.submitted(0).generate("heron").finish();
      operator.runMails();

      GenerationResult result = Outcomes.results(operator.output()).get(0);
      assertThat(result.getText()).isEqualTo("heron");
      assertThat(result.getGuard()).isEmpty();
      assertThat(result.getProvenance().getTemplateVersion()).isEqualTo("raw");
      assertThat(guard.holders()).isZero();
    }
  }

  private void judge(OperatorUnderTest operator, int question, double unsafe) throws Exception {
    guard.submitted(question).choose(probabilities(unsafe));
    operator.runMails();
  }

  private void answer(OperatorUnderTest operator, int question, String text) throws Exception {
    assertThat(guard.submitted(question).request().responseFormat().orElseThrow())
        .isInstanceOf(ResponseFormat.Regex.class);
    guard.submitted(question).generate(text).finish();
    operator.runMails();
  }

  private static Map<String, Double> probabilities(double unsafe) {
    return Map.of("safe", 1 - unsafe, "unsafe", unsafe, "\n\nsafe", 0.0, "\n\nunsafe", 0.0);
  }

  private static List<GuardVerdict> verdicts(OperatorUnderTest operator) {
    return Outcomes.results(operator.output()).get(0).getGuard().orElseThrow().getVerdicts();
  }

  private static List<String> prompts(FakeModel model) {
    return model.submitted().stream().map(GuardStepsTest::prompt).toList();
  }

  private static String prompt(FakeGeneration generation) {
    StringBuilder text = new StringBuilder();
    generation.request().prompt().stream().forEach(token -> text.append((char) token));
    return text.toString();
  }

  private Prepared prompt(String id, String text) {
    return prompt(id, text, SETTINGS);
  }

  private Prepared prompt(String id, String text, JobSettings settings) {
    return prepare(
        "{\"id\":\"%s\",\"prompt\":\"%s\",\"max_tokens\":20}".formatted(id, text), settings);
  }

  private Prepared task(String id, String text, JobSettings settings) {
    return prepare(
        "{\"id\":\"%s\",\"task\":\"sum\",\"input\":{\"text\":\"%s\"}}".formatted(id, text),
        settings);
  }

  private Prepared prepare(String request, JobSettings settings) {
    return new PromptPreparer(
            model, settings.defaults(), settings.tasks().tasks(), settings.guard().guards())
        .prepare(Prompts.record(request));
  }
}
