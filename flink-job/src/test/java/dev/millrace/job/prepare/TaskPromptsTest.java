package dev.millrace.job.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.job.config.RequestDefaults;
import dev.millrace.job.model.FakeModel;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.Outcomes;
import dev.millrace.job.record.Prepared;
import dev.millrace.job.record.Prompts;
import dev.millrace.job.record.Refusal;
import dev.millrace.job.task.TaskFiles;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.ErrorCode;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Requests that carry a task's name and its input. */
class TaskPromptsTest {
  private static final String TASKS =
      """
      tasks:
        greet:
          version: 3
          messages:
            - {role: user, content: "Greet {{ name }}"}
          sampling: {max_tokens: 7, temperature: 0.25, seed: 11, stop: ["."]}
        continue:
          version: 1
          prompt: "Dear {{ name }}{% if title is defined %}, {{ title }}{% endif %}"
      """;

  private final PromptPreparer preparer =
      new PromptPreparer(
          FakeModel.driven(),
          new RequestDefaults(16, 0.7, 0.9, 1_000),
          TaskFiles.of("t.yaml", TASKS).tasks());

  @Test
  void theTasksTemplateRendersTheInput() {
    assertThat(text(task("greet", "\"name\":\"Ada\""))).isEqualTo("user:Greet Ada\n");
    assertThat(text(task("continue", "\"name\":\"Ada\""))).isEqualTo("Dear Ada");
    assertThat(text(task("continue", "\"name\":\"Ada\",\"title\":\"Countess\"")))
        .isEqualTo("Dear Ada, Countess");
  }

  @Test
  void theTasksSamplingHoldsUnlessTheRequestSaysOtherwise() {
    GenerationTask task = task("greet", "\"name\":\"Ada\"");
    assertThat(task.request().maxTokens()).isEqualTo(7);
    assertThat(task.request().sampling().temperature()).isEqualTo(0.25);
    assertThat(task.request().sampling().seed()).isEqualTo(11);
    assertThat(task.request().sampling().topP()).as("the job's default").isEqualTo(0.9);
    assertThat(task.request().stopStrings()).containsExactly(".");

    GenerationTask changed =
        (GenerationTask)
            prepare(
                "{\"id\":\"1\",\"task\":\"greet\",\"input\":{\"name\":\"A\"},\"max_tokens\":3}");
    assertThat(changed.request().maxTokens()).isEqualTo(3);
  }

  @Test
  void theStampNamesTheTasksTemplateAndTheModels() {
    assertThat(task("greet", "\"name\":\"Ada\"").templateVersion())
        .matches("greet@3:[0-9a-f]{8} template-1");
    assertThat(task("continue", "\"name\":\"Ada\"").templateVersion())
        .matches("continue@1:[0-9a-f]{8} raw");
  }

  @Test
  void aMissingInputIsNamed() {
    DeadLetter letter = letter("{\"id\":\"1\",\"task\":\"greet\",\"input\":{\"nmae\":\"Ada\"}}");

    assertThat(letter.getCode()).isEqualTo(ErrorCode.TEMPLATE_ERROR.name());
    assertThat(letter.getMessage()).contains("task 'greet'", "needs 'name'", "there is nmae");
  }

  @Test
  void anUnknownTaskIsNamedWithTheLikelyOne() {
    DeadLetter letter = letter("{\"id\":\"1\",\"task\":\"great\",\"input\":{}}");

    assertThat(letter.getCode()).isEqualTo(ErrorCode.UNKNOWN_TASK.name());
    assertThat(letter.getMessage()).contains("'great'", "did you mean greet?");
  }

  @Test
  void aTaskKeepsItsOwnFormOfAnswer() {
    DeadLetter letter =
        letter(
            "{\"id\":\"1\",\"task\":\"greet\",\"response_format\":{\"type\":\"text\"},\"input\":{}}");

    assertThat(letter.getCode()).isEqualTo(ErrorCode.INVALID_RESPONSE_FORMAT.name());
  }

  private GenerationTask task(String name, String input) {
    return (GenerationTask)
        prepare("{\"id\":\"1\",\"task\":\"%s\",\"input\":{%s}}".formatted(name, input));
  }

  private DeadLetter letter(String json) {
    return Outcomes.deadLetters(List.of(((Refusal) prepare(json)).deadLetter())).get(0);
  }

  private Prepared prepare(String json) {
    return preparer.prepare(Prompts.record(json));
  }

  private static String text(GenerationTask task) {
    StringBuilder text = new StringBuilder();
    task.request().prompt().stream().forEach(token -> text.append((char) token));
    return text.toString();
  }
}
