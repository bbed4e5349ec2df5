package dev.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every command in the documentation: Millrace's own are understood as they stand there; any other
 * is run by a test, or its page says that it was not run.
 */
class DocumentedCommandsTest {
  private static final Path HOME = Path.of(System.getProperty("millrace.home"));

  /** What a line of a code block begins with if it is a command and no output or configuration. */
  private static final Pattern COMMAND =
      Pattern.compile(
          "(\\./\\S+|deploy/\\S+\\.sh|bash|cd|cp|curl|cat|docker|echo|export|flink|git|grype|helm|java|jq"
              + "|kafka-\\S+|keytool|kubectl|mkdir|openssl|osv-scanner|pip|promtool|python|sed|ssh"
              + "|tar|trivy|wget)( .*|$)");

  /** Pages and sections whose every command a test runs in its order. */
  private static final Map<String, String> RUN_WORD_BY_WORD =
      Map.of(
          "quickstart.md", "QuickstartPageIT",
          "operations.md#A cluster on one machine", "OperationsPageIT");

  /** Other commands, by how they begin, with what runs the same. */
  private static final Map<String, String> RUN_ELSEWHERE =
      Map.of(
          "./mvnw verify", "the build itself",
          "cd /models/Llama-3.1-8B-Instruct && LC_ALL=C sha256sum", "FolderDigestTest",
          "openssl rand -hex 16", "nothing but a random text");

  /** The pages that a platform team needs. */
  private static final Set<String> PAGES =
      Set.of(
          "quickstart.md",
          "how-it-works.md",
          "tasks.md",
          "models.md",
          "operations.md",
          "configuration.md",
          "reliability.md",
          "security.md",
          "benchmarks.md",
          "comparison.md");

  private record Command(String page, String section, String before, String text) {
    @Override
    public String toString() {
      return page + ": " + text;
    }
  }

  @Test
  void everyPageIsThereAndTheFirstPageLeadsToIt() throws IOException {
    String readme = Files.readString(HOME.resolve("README.md"));

    for (String page : PAGES) {
      assertThat(HOME.resolve("docs").resolve(page)).exists();
      assertThat(readme).contains("(docs/" + page);
    }
  }

  @TestFactory
  Stream<DynamicTest> everyCommand() throws IOException {
    List<Command> commands = new ArrayList<>(commands(HOME.resolve("README.md")));
    try (Stream<Path> pages = Files.list(HOME.resolve("docs"))) {
      for (Path page : pages.filter(file -> file.toString().endsWith(".md")).sorted().toList()) {
        commands.addAll(commands(page));
      }
    }
    assertThat(commands).hasSizeGreaterThan(50);
    return commands.stream()
        .map(command -> DynamicTest.dynamicTest(command.toString(), () -> check(command)));
  }

  private static void check(Command command) {
    if (command.text().startsWith("./millrace")) {
      assertThatCode(() -> Millrace.commandLine().parseArgs(arguments(command.text())))
          .as(command.toString())
          .doesNotThrowAnyException();
      return;
    }
    boolean wordByWord =
        RUN_WORD_BY_WORD.containsKey(command.page())
            || RUN_WORD_BY_WORD.containsKey(command.page() + "#" + command.section());
    boolean elsewhere = RUN_ELSEWHERE.keySet().stream().anyMatch(command.text()::startsWith);
    assertThat(wordByWord || elsewhere || command.before().contains("not run here"))
        .as(command + " is run by a test, or the page says that it was not run here")
        .isTrue();
  }

  /** Without what the shell takes, and without the explanation that stands beside it. */
  private static String[] arguments(String command) {
    String own = command.split(" {2,}| [>|&]", 2)[0];
    List<String> words = new ArrayList<>();
    Matcher word = Pattern.compile("\"([^\"]*)\"|'([^']*)'|(\\S+)").matcher(own);
    while (word.find()) {
      words.add(word.group().replaceAll("^[\"']|[\"']$", ""));
    }
    return words.subList(1, words.size()).toArray(String[]::new);
  }

  private static List<Command> commands(Path page) throws IOException {
    List<Command> commands = new ArrayList<>();
    String[] sections = Files.readString(page).split("(?m)^#+ ", -1);
    for (String section : sections) {
      String title = section.lines().findFirst().orElse("");
      section
          .lines()
          .filter(line -> line.startsWith("    "))
          .map(String::strip)
          .filter(line -> COMMAND.matcher(line).matches())
          .forEach(
              line ->
                  commands.add(
                      new Command(
                          page.getFileName().toString(),
                          title,
                          section.toLowerCase(Locale.ROOT).replaceAll("\\s+", " "),
                          line)));
    }
    return commands;
  }
}
