package dev.millrace.it;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.cli.local.LocalPorts;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * {@code deploy/cluster.sh} with a folder and ports of its own, as somebody at a terminal runs it.
 */
final class ClusterScript {
  /** What a command printed, and how it ended. */
  record Answer(int code, String output) {}

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Duration PATIENCE = Duration.ofMinutes(12);

  private final Checkout home;
  private final Path work;
  private final int restPort = LocalPorts.free();

  /**
   * @param home whose script it is
   * @param workers the machines that task managers are spread over
   * @param settings added to those of {@code deploy/cluster/cluster.yaml}
   */
  ClusterScript(Checkout home, Path work, List<String> workers, Map<String, String> settings)
      throws IOException {
    this.home = home;
    this.work = work;
    Path cluster = Files.createDirectories(work.resolve("cluster"));
    Files.write(cluster.resolve("workers"), workers);
    Files.copy(
        home.folder().resolve("deploy/cluster/cluster.yaml"),
        cluster.resolve("cluster.yaml"),
        StandardCopyOption.REPLACE_EXISTING);
    set("rest.port", "" + restPort);
    set("jobmanager.rpc.address", "127.0.0.1");
    set("jobmanager.rpc.port", "" + LocalPorts.free());
    set("execution.checkpointing.dir", cluster.resolve("checkpoints").toUri().toString());
    set("execution.checkpointing.savepoint-dir", cluster.resolve("savepoints").toUri().toString());
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      set(setting.getKey(), setting.getValue());
    }
    // The other machine is this one, under another address.
    Path ssh = work.resolve("ssh");
    Files.writeString(ssh, "#!/bin/sh\necho \"$1\" >>" + work + "/ssh.log\nexec sh -c \"$2\"\n");
    Files.setPosixFilePermissions(ssh, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** Writes a setting into {@code cluster.yaml}, in place of the one that is there. */
  void set(String key, String value) throws IOException {
    Path file = work.resolve("cluster/cluster.yaml");
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    lines.removeIf(line -> line.startsWith(key + ":"));
    lines.add(key + ": " + value);
    Files.write(file, lines, StandardOpenOption.TRUNCATE_EXISTING);
  }

  /** Runs a command that must succeed, and returns what it printed. */
  String run(String... arguments) throws Exception {
    Answer answer = ask(arguments);
    if (answer.code() != 0) {
      throw new AssertionError(String.join(" ", arguments) + " answered " + answer + "\n" + logs());
    }
    return answer.output();
  }

  Answer ask(String... arguments) throws Exception {
    List<String> line =
        new ArrayList<>(List.of(home.folder().resolve("deploy/cluster.sh").toString()));
    line.addAll(List.of(arguments));
    Path output = Files.createTempFile(work, "command", ".out");
    ProcessBuilder builder =
        new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().put("MILLRACE_WORK", work.toString());
    builder.environment().put("MILLRACE_PATIENCE", "600");
    builder.environment().put("MILLRACE_SSH", work.resolve("ssh").toString());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.start();
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError(
          String.join(" ", arguments) + " hangs: " + Files.readString(output) + "\n" + logs());
    }
    return new Answer(process.exitValue(), Files.readString(output));
  }

  /** Machines that something was asked of through ssh. */
  List<String> remoteMachines() throws IOException {
    return Files.readAllLines(work.resolve("ssh.log")).stream().distinct().toList();
  }

  /** The parallelism of each of the running job's vertices. */
  List<Integer> parallelism() throws IOException {
    List<Integer> parallelism = new ArrayList<>();
    for (JsonNode job : rest("/jobs/overview").path("jobs")) {
      if (job.path("state").asText().equals("RUNNING")) {
        rest("/jobs/" + job.path("jid").asText())
            .path("vertices")
            .forEach(vertex -> parallelism.add(vertex.path("parallelism").asInt()));
      }
    }
    return parallelism;
  }

  JsonNode rest(String path) throws IOException {
    try (var in = URI.create("http://127.0.0.1:" + restPort + path).toURL().openStream()) {
      return JSON.readTree(in);
    }
  }

  /** The JVM of a task manager. */
  ProcessHandle taskManager(String name) throws IOException {
    String pid = Files.readString(work.resolve("cluster/pids/" + name + ".pid")).strip();
    return ProcessHandle.of(Long.parseLong(pid)).orElseThrow().children().findFirst().orElseThrow();
  }

  /** Whether any process still belongs to this cluster. */
  boolean hasProcesses() {
    return ProcessHandle.allProcesses()
        .flatMap(process -> process.info().commandLine().stream())
        .anyMatch(line -> line.contains(work + "/cluster/"));
  }

  void await(String what, BooleanSupplier condition) throws Exception {
    Instant end = Instant.now().plus(PATIENCE);
    while (!condition.getAsBoolean()) {
      if (Instant.now().isAfter(end)) {
        throw new AssertionError("not within " + PATIENCE + ": " + what + "\n" + logs());
      }
      Thread.sleep(200);
    }
  }

  /** The end of every log, for a test that fails. */
  private String logs() throws IOException {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.list(Files.createDirectories(work.resolve("cluster/log")))) {
      for (Path file : files.sorted().toList()) {
        List<String> lines = Files.readAllLines(file, UTF_8);
        all.append("== ").append(file).append('\n');
        lines.stream()
            .skip(Math.max(0, lines.size() - 40))
            .forEach(line -> all.append(line).append('\n'));
      }
    }
    return all.toString();
  }

  /** Ends what still runs, without a savepoint. */
  void end() throws Exception {
    ask("stop", "--now");
  }
}
