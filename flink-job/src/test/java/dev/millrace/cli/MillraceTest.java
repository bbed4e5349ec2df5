package dev.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MillraceTest {
  private final Terminal terminal = new Terminal();

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "demo",
        "up",
        "broker",
        "generate",
        "submit",
        "collect",
        "bench",
        "batch",
        "task check",
        "task try",
        "guard check",
        "topic send",
        "topic read"
      })
  void helpGoesToStdoutAndTeachesWithExamplesAndExitStatus(String command) {
    assertThat(terminal.run((command + " --help").split(" ", -1))).isEqualTo(ExitCode.DONE);
    assertThat(terminal.out())
        .contains("Usage: millrace " + command)
        .contains("Examples:")
        .contains("  millrace " + command)
        .contains("Exit status:");
    assertThat(terminal.err()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                         | name a command",
        "frobnicate                 | Unmatched argument",
        "demo --prompts 0           | --prompts 0: must be at least 1",
        "demo --prompts many        | many",
        "demo --max-tokens -1       | --max-tokens -1: must be at least 1",
        "submit                     | FILE",
        "bench chat                 | no workload chat",
        "bench --files --pipeline   | one at a time",
        "bench --batch 0            | --batch 0: must be at least 1",
        "batch a b --save-interval 0 | --save-interval 0.0: must be at least 0.1",
        "batch a b --max-tokens 5   | --max-tokens belongs to --column",
        "batch a b --task t --column c | a row's columns are one or the other",
        "bench --shape gpt-2        | no shape gpt-2: name one of [llama-3.2-1b",
        "collect --count 0          | --count 0: must be at least 1",
        "collect --idle 0           | --idle 0: must be at least 1",
        "up --commit-interval 0     | --commit-interval 0: must be at least 1",
      })
  void aWrongCommandLineIsStatusTwoAndNamesWhatIsWrong(String line, String complaint) {
    String[] arguments = line.isEmpty() ? new String[0] : line.split(" ");

    assertThat(terminal.run(arguments)).isEqualTo(ExitCode.USAGE);
    assertThat(terminal.err()).contains(complaint);
    assertThat(terminal.out()).isEmpty();
  }

  @Test
  void checkingTasksTellsEveryMistakeWithItsLine() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("t.yaml"), "tasks:\n  a:\n    kind: lable\n    prompt: '{{ x }}'\n");

    assertThat(terminal.run("task", "check", file.toString())).isEqualTo(ExitCode.FAILED);
    assertThat(terminal.err())
        .contains("the tasks have 2 mistakes:")
        .contains("t.yaml line 3: tasks.a.kind: 'lable' is none of")
        .contains("needs version")
        .doesNotContain("\tat ");
  }

  @Test
  void checkingTasksListsThemWithTheirInputs() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("t.yaml"),
            "tasks: {a: {version: 1, prompt: '{{ x }} {{ y }}',"
                + " output: {topic: replies, fields: {reply: /text}}}}");

    assertThat(terminal.run("task", "check", file.toString())).isEqualTo(ExitCode.DONE);
    assertThat(terminal.out()).contains("generate", "version 1", "input: x, y; to topic replies");
  }

  @Test
  void checkingAGuardTellsEveryMistakeWithItsLineOrWhatIsLookedFor() throws IOException {
    String guard = "guards:\n  default:\n    rules: [{name: a, shape: %s, action: redact}]\n";
    Path wrong = Files.writeString(folder.resolve("wrong.yaml"), guard.formatted("emall"));
    Path right = Files.writeString(folder.resolve("right.yaml"), guard.formatted("email"));

    assertThat(terminal.run("guard", "check", wrong.toString())).isEqualTo(ExitCode.FAILED);
    assertThat(terminal.err())
        .contains("wrong.yaml line 3: guards.default.rules[0].shape: 'emall' is none of")
        .contains("did you mean email?")
        .doesNotContain("\tat ");
    assertThat(terminal.run("guard", "check", right.toString())).isEqualTo(ExitCode.DONE);
    assertThat(terminal.out()).contains("default, hash ").contains("redact", "both", "email");
  }

  @Test
  void aMissingCheckpointIsNamedWithTheWayOutAndNoStackTrace() {
    assertThat(terminal.run("demo", "--model", folder.toString())).isEqualTo(ExitCode.FAILED);
    assertThat(terminal.err())
        .contains("millrace demo: no checkpoint in " + folder)
        .contains("config.json is missing")
        .contains("--model DIR")
        .doesNotContain("\tat ");
    assertThat(terminal.out()).isEmpty();
  }

  @Test
  void verboseAddsTheStackTrace() {
    terminal.run("demo", "--verbose", "--model", folder.toString());

    assertThat(terminal.err()).contains("\tat ");
  }

  @Test
  void aBadLineIsNamedByFileAndNumber() throws IOException {
    Path file =
        Files.writeString(folder.resolve("p.jsonl"), "{\"id\":\"1\",\"prompt\":\"a\"}\n\n{");

    assertThat(terminal.run("submit", "--dry-run", file.toString())).isEqualTo(ExitCode.FAILED);
    assertThat(terminal.err()).contains(file + " line 3: ").doesNotContain("\tat ");
  }

  @Test
  void aDryRunChecksEveryLineWithoutABroker() throws IOException {
    Path file = Files.writeString(folder.resolve("p.jsonl"), "{\"id\":\"1\",\"prompt\":\"a\"}\n");

    assertThat(terminal.run("submit", "--dry-run", file.toString())).isEqualTo(ExitCode.DONE);
    assertThat(terminal.err()).contains("1 prompts are in order");
  }
}
