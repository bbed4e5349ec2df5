package dev.millrace.job.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.TestSettings;
import dev.millrace.job.model.FakeModel;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.Outcomes;
import dev.millrace.job.record.Prepared;
import dev.millrace.job.record.Prompts;
import dev.millrace.job.record.Refusal;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.Stage;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a guard's rules do to requests before anything is rendered. */
class GuardedPromptsTest {
  private static final JobSettings TASKS =
      TestSettings.withTasks(
          """
          tasks:
            plain: {kind: generate, version: 1, prompt: "T{{ text }}"}
            open: {kind: generate, version: 1, prompt: "T{{ text }}", guard: none}
          """);

  private static final JobSettings SETTINGS =
      TestSettings.withGuard(
          TASKS,
          """
          guards:
            default:
              rules:
                - {name: card, shape: credit_card, action: redact}
                - {name: key, pattern: BEGIN KEY, category: secret, action: block}
                - {name: answer, pattern: hello, where: output, action: block}
          """);

  private final FakeModel model = FakeModel.driven();

  @Test
  void whatARuleMasksNeverReachesTheModel() {
    assertThat(prompt("\"prompt\":\"pay 4111 1111 1111 1111 now, or 4111111111111111\""))
        .isEqualTo("pay [credit_card] now, or [credit_card]");
    assertThat(prompt("\"messages\":[{\"role\":\"user\",\"content\":\"4111111111111111\"}]"))
        .isEqualTo("user:[credit_card]\n");
    assertThat(prompt("\"task\":\"plain\",\"input\":{\"text\":\"4111111111111111\"}"))
        .isEqualTo("T[credit_card]");
  }

  @Test
  void whatARuleBlocksIsADeadLetterWithItsCategoryAndNoQuote() {
    Prepared prepared = prepare(SETTINGS, "\"prompt\":\"my BEGIN KEY xyz\"");

    DeadLetter letter = Outcomes.deadLetters(List.of(((Refusal) prepared).deadLetter())).get(0);
    assertThat(letter.getCode()).isEqualTo(ErrorCode.INPUT_BLOCKED.name());
    assertThat(letter.getStage()).isEqualTo(Stage.VALIDATE);
    assertThat(letter.getCategory()).contains("secret");
    assertThat(letter.getMessage()).contains("rule 'key'").doesNotContain("xyz");
    assertThat(letter.getAttempts()).isZero();
  }

  @Test
  void aRuleForAnswersLetsRequestsBe() {
    assertThat(prompt("\"prompt\":\"hello\"")).isEqualTo("hello");
  }

  @Test
  void aTaskMayWantNoGuard() {
    assertThat(prompt("\"task\":\"open\",\"input\":{\"text\":\"4111111111111111\"}"))
        .isEqualTo("T4111111111111111");
  }

  @Test
  void theStampOfTheGuardStandsBesideTheTemplates() {
    GenerationTask guarded = (GenerationTask) prepare(SETTINGS, "\"prompt\":\"hello\"");
    GenerationTask unguarded = (GenerationTask) prepare(TASKS, "\"prompt\":\"hello\"");

    assertThat(guarded.templateVersion()).matches("raw guard:default:[0-9a-f]{8}");
    assertThat(unguarded.templateVersion()).isEqualTo("raw");
  }

  private String prompt(String fields) {
    StringBuilder text = new StringBuilder();
    ((GenerationTask) prepare(SETTINGS, fields))
        .request().prompt().stream().forEach(token -> text.append((char) token));
    return text.toString();
  }

  private Prepared prepare(JobSettings settings, String fields) {
    return new PromptPreparer(
            model, settings.defaults(), settings.tasks().tasks(), settings.guard().guards())
        .prepare(Prompts.record("{\"id\":\"a\"," + fields + "}"));
  }
}
