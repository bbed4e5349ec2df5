package dev.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cli.local.LocalPorts;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Somebody who follows "A cluster on one machine" in docs/operations.md word by word. Only folders
 * and ports are the test's own, and what is built already is not built again.
 */
class OperationsPageIT {
  private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
  private static final String COPY = "cp deploy/cluster/cluster.yaml ";
  private static final int FIRST_METRICS_PORT = 19249;
  private static final boolean HAS_PROMETHEUS =
      Stream.of(System.getenv("PATH").split(File.pathSeparator))
          .anyMatch(folder -> Files.isExecutable(Path.of(folder, "prometheus")));

  @TempDir Path folder;

  @Test
  void every_command_of_the_page_works_in_its_order() throws Exception {
    int broker = LocalPorts.free();
    int prometheus = LocalPorts.free();
    Path work = folder.resolve("work");
    List<String> script = new ArrayList<>();
    script.add("set -eux");
    script.add("trap 'kill $(jobs -p) || true; deploy/cluster.sh stop --now || true; wait' EXIT");
    for (String command : commands()) {
      if (command.startsWith("./mvnw") || (asksPrometheus(command) && !HAS_PROMETHEUS)) {
        continue;
      }
      if (command.startsWith("prometheus")) {
        script.addAll(targetsOfTheTestsOwn(work));
      }
      script.add(
          command
              .replace("$PWD/.millrace", work.toString())
              .replace(".millrace", work.toString())
              .replace("127.0.0.1:9092", "127.0.0.1:" + broker)
              .replace("127.0.0.1:9090", "127.0.0.1:" + prometheus)
              .replace("deploy/observability/prometheus.yml", work + "/prometheus.yml")
              .replace("./millrace broker", "./millrace broker --port " + broker)
              .replace(
                  "./millrace submit", "./millrace submit --bootstrap-server 127.0.0.1:" + broker)
              .replace(
                  "./millrace collect",
                  "./millrace collect --idle 300 --bootstrap-server 127.0.0.1:" + broker)
              .replace(":9250/", ":" + (FIRST_METRICS_PORT + 1) + "/"));
      if (command.startsWith(COPY)) {
        script.addAll(portsOfTheTestsOwn(work.resolve("cluster/cluster.yaml")));
      }
    }

    String output = run(String.join("\n", script), work);
    assertThat(output)
        .contains("task-manager-2  running on localhost")
        .contains("task-manager-3  running on localhost")
        .contains("millrace_completions{")
        .contains("savepoint ")
        .contains("stopped; the data stays");
    if (HAS_PROMETHEUS) {
      assertThat(output).contains("\"__name__\":\"flink_taskmanager_job_task_operator_millrace_");
    }
    assertThat(Files.readAllLines(work.resolve("answers/completions.jsonl"))).hasSize(3);
  }

  private static boolean asksPrometheus(String command) {
    return command.startsWith("prometheus") || command.contains("127.0.0.1:9090");
  }

  /** What Prometheus reads: the same, on the test's ports, and soon. */
  private static List<String> targetsOfTheTestsOwn(Path work) {
    return List.of(
        "cp deploy/observability/alerts.yml " + work,
        "sed -e 's/localhost:9/localhost:19/g' -e 's/15s/1s/' deploy/observability/prometheus.yml >"
            + work.resolve("prometheus.yml"));
  }

  private static List<String> commands() throws IOException {
    String page = Files.readString(HOME.resolve("docs/operations.md"));
    String section = page.substring(page.indexOf("## A cluster on"), page.indexOf("## Sizing"));
    List<String> commands =
        section.lines().filter(line -> line.startsWith("    ")).map(String::strip).toList();
    assertThat(commands).hasSizeGreaterThan(15);
    return commands;
  }

  private static List<String> portsOfTheTestsOwn(Path settings) throws IOException {
    return List.of(
        "sed -i '/^metrics.reporter.prom.port/d' " + settings,
        "echo 'metrics.reporter.prom.port: %d-%d' >>%s"
            .formatted(FIRST_METRICS_PORT, FIRST_METRICS_PORT + 9, settings),
        "echo 'rest.port: %d' >>%s".formatted(LocalPorts.free(), settings),
        "echo 'jobmanager.rpc.port: %d' >>%s".formatted(LocalPorts.free(), settings));
  }

  private String run(String script, Path work) throws Exception {
    Path log = folder.resolve("page.log");
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-c", script)
            .directory(HOME.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("MILLRACE_WORK", work.toString());
    builder.environment().put("MILLRACE_PATIENCE", "600");
    builder.environment().put("MILLRACE_SKIP_BUILD", "yes");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.start();
    if (!process.waitFor(25, TimeUnit.MINUTES)) {
      process.destroy();
      throw new AssertionError("the page's commands hang: " + Files.readString(log));
    }
    String output = Files.readString(log);
    assertThat(process.exitValue()).as(output).isZero();
    return output;
  }
}
