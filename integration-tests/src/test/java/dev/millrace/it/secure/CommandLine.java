package dev.millrace.it.secure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** {@code ./millrace} as somebody at a terminal runs it. */
record CommandLine(Path folder) {
  private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
  private static final int PATIENCE_SECONDS = 300;

  /** Runs a command to its end and gives what it printed; it must succeed. */
  String run(String... arguments) throws IOException, InterruptedException {
    Path log = Files.createTempFile(folder, "command", ".log");
    Process process = start(log, arguments);
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError(List.of(arguments) + " hangs: " + Files.readString(log));
    }
    String output = Files.readString(log);
    assertThat(process.exitValue()).as(List.of(arguments) + ": " + output).isZero();
    return output;
  }

  /** Starts a command that runs until it is stopped. */
  Process start(Path log, String... arguments) throws IOException {
    List<String> line = new ArrayList<>(List.of(HOME.resolve("millrace").toString()));
    line.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(line)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("MILLRACE_SKIP_BUILD", "yes");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    return builder.start();
  }

  /** Ends a started command, and what it has started. */
  static void stop(Process process) throws InterruptedException {
    Stream<ProcessHandle> children = process.descendants();
    process.destroy();
    children.forEach(ProcessHandle::destroy);
    process.waitFor();
  }
}
