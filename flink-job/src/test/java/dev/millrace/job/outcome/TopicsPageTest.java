package dev.millrace.job.outcome;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schema.ErrorCode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TopicsPageTest {
  private static final Path PAGE = Path.of("..", "docs", "topics.md");

  @ParameterizedTest
  @EnumSource(ErrorCode.class)
  void everyCodeADeadLetterCanHaveIsExplained(ErrorCode code) throws Exception {
    assertThat(Files.readString(PAGE)).contains("| `%s` | %s | ".formatted(code, code.stage()));
  }
}
