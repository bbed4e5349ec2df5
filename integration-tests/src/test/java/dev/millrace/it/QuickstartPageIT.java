package dev.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cli.local.LocalPorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Somebody who follows docs/quickstart.md word by word. Only folders and ports are the test's own,
 * what is built already is not built again, and the other terminal is the same one.
 */
class QuickstartPageIT {
  private static final Path HOME = Path.of("..").toAbsolutePath().normalize();

  @TempDir Path folder;

  @Test
  void every_command_of_the_page_works_in_its_order() throws Exception {
    int broker = LocalPorts.free();
    List<String> script =
        new ArrayList<>(List.of("set -eux", "trap 'kill $(jobs -p) || true; wait' EXIT"));
    for (String command : commands()) {
      script.add(
          command
              .replace(
                  "./millrace submit", "./millrace submit --bootstrap-server 127.0.0.1:" + broker)
              .replace(
                  "./millrace collect",
                  "./millrace collect --idle 300 --bootstrap-server 127.0.0.1:" + broker)
              .replace("./millrace up", up(broker))
              .replace("./millrace", HOME.resolve("millrace").toString())
              .replace("deploy/tasks", HOME.resolve("deploy/tasks").toString()));
      if (command.startsWith("./millrace up")) {
        script.set(script.size() - 1, script.get(script.size() - 1) + " >up.log 2>&1 &");
        script.add("until grep -q Ctrl-C up.log; do kill -0 $!; sleep 0.2; done");
      }
    }

    run(String.join("\n", script));

    assertThat(Files.readAllLines(folder.resolve("answers/completions.jsonl")))
        .hasSize(2)
        .anySatisfy(line -> assertThat(line).contains("\"id\":\"1\""))
        .anySatisfy(line -> assertThat(line).contains("\"id\":\"2\"").contains("\"label\""));
  }

  private static String up(int broker) {
    return "./millrace up --port %d --web-port 0 --console-port 0".formatted(broker);
  }

  private static List<String> commands() throws IOException {
    return Files.readAllLines(HOME.resolve("docs/quickstart.md")).stream()
        .filter(line -> line.startsWith("    "))
        .map(String::strip)
        .toList();
  }

  private void run(String script) throws Exception {
    Path log = folder.resolve("page.log");
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-c", script)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("MILLRACE_WORK", folder.resolve("work").toString());
    builder.environment().put("MILLRACE_SKIP_BUILD", "yes");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.start();
    if (!process.waitFor(15, TimeUnit.MINUTES)) {
      process.destroy();
      throw new AssertionError("the page's commands hang: " + Files.readString(log));
    }
    assertThat(process.exitValue()).as(Files.readString(log)).isZero();
  }
}
