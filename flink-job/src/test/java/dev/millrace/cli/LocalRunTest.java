package dev.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.engine.model.TinyCheckpoint;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that need a model, on a real one of random weights. */
final class LocalRunTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir private static Path checkpoint;

  private final Terminal terminal = new Terminal();

  @BeforeAll
  static void writeCheckpoint() {
    new TinyCheckpoint().config("max_position_embeddings", "2048").write(checkpoint);
  }

  @Test
  void theDemoAnswersEveryPromptOnceAndPrintsOneJsonObject() throws Exception {
    assertThat(run("demo", "--prompts", "7", "--max-tokens", "8", "--json"))
        .as(terminal.err())
        .isEqualTo(ExitCode.DONE);

    JsonNode report = JSON.readTree(terminal.out());
    assertThat(terminal.out().lines()).hasSize(1);
    assertThat(report.get("prompts").intValue()).isEqualTo(7);
    assertThat(report.get("completions").intValue()).isEqualTo(7);
    assertThat(report.get("deadLetters").intValue()).isZero();
    assertThat(report.get("latencyRecords").intValue()).isEqualTo(7);
    assertThat(report.get("tokensPerSecond").doubleValue()).isPositive();
    assertThat(report.get("elapsedSeconds").doubleValue()).isPositive();
    assertThat(terminal.err())
        .contains("7/7", "summarise  ", "enrich  ", "label  ", "time to first token");
  }

  @Test
  void promptsThatCannotFitAreDeadLettersAndTheDemoIsStillComplete() throws Exception {
    assertThat(run("demo", "--prompts", "3", "--max-tokens", "4000", "--json"))
        .as(terminal.err())
        .isEqualTo(ExitCode.DONE);

    JsonNode report = JSON.readTree(terminal.out());
    assertThat(report.get("completions").intValue()).isZero();
    assertThat(report.get("deadLetters").intValue()).isEqualTo(3);
    assertThat(terminal.err()).contains("CONTEXT_EXCEEDED");
  }

  @Test
  void generatePrintsTheAnswerAloneOnStdout() {
    assertThat(run("generate", "--raw", "--max-tokens", "8", "Once upon a time"))
        .as(terminal.err())
        .isEqualTo(ExitCode.DONE);

    assertThat(terminal.out()).isNotBlank();
    assertThat(terminal.err()).contains("loaded in", "8 generated", "cut at --max-tokens 8");
  }

  @Test
  void aPromptTooLongForTheModelIsAFailureThatSaysSo() {
    assertThat(run("generate", "--raw", "--max-tokens", "4000", "Once")).isEqualTo(ExitCode.FAILED);
    assertThat(terminal.err()).contains("exceeds the model's context of 2048");
    assertThat(terminal.out()).isBlank();
  }

  @Test
  void anImpossibleParameterIsAWrongCommandLine() {
    assertThat(run("generate", "--top-p", "2", "Once")).isEqualTo(ExitCode.USAGE);
    assertThat(terminal.err()).contains("top_p 2.0 must be greater than 0 and at most 1");
  }

  @Test
  void aBatchOverAFileIsComparedWithTheEngineAlone() throws Exception {
    assertThat(run("bench", "--files", "--requests", "9", "--json"))
        .as(terminal.err())
        .isEqualTo(ExitCode.DONE);

    JsonNode report = JSON.readTree(terminal.out());
    assertThat(report.get("requests").intValue()).isEqualTo(9);
    double share = report.get("batchShare").doubleValue();
    assertThat(share).isPositive();
    assertThat(report.get("batchTokensPerSecond").doubleValue())
        .isEqualTo(share * report.get("engineTokensPerSecond").doubleValue(), within(0.01));
    assertThat(report.get("commandSeconds").doubleValue()).isPositive();
  }

  private int run(String command, String... options) {
    String[] arguments = new String[options.length + 3];
    arguments[0] = command;
    arguments[1] = "--model";
    arguments[2] = checkpoint.toString();
    System.arraycopy(options, 0, arguments, 3, options.length);
    return terminal.run(arguments);
  }
}
