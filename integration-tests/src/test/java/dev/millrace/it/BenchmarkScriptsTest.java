package dev.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What can go stale in the benchmarks' scripts, which no test can run without their peers. */
class BenchmarkScriptsTest {
  private static final Path PROGRAM =
      Path.of("../engine/src/main/resources/dev/millrace/engine/model/llama.py");
  private static final Path SCRIPT = Path.of("benchmarks/llama_program.py");

  @Test
  void theGpuCheckDefinesEveryOperatorThatTheProgramNames() throws IOException {
    Set<String> named = found("ops\\.(millrace)\\.(\\w+)", PROGRAM);
    assertThat(named).contains("millrace::run");
    assertThat(found("define\\(\"(millrace)::(\\w+)\"", SCRIPT)).isEqualTo(named);
  }

  private static Set<String> found(String operator, Path file) throws IOException {
    Set<String> names = new TreeSet<>();
    Matcher matcher = Pattern.compile(operator).matcher(Files.readString(file));
    while (matcher.find()) {
      names.add(matcher.group(1) + "::" + matcher.group(2));
    }
    return names;
  }
}
