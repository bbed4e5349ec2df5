package dev.millrace.it.chaos;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A Java process that is started to be injured. What it prints goes to {@code NAME.log}. */
final class ChildJvm implements AutoCloseable {
  private static final Path FLINKS_OPTIONS = Path.of("../deploy/local/jvm.options");

  /** As the launcher sets it: the C library's heap keeps what it has. */
  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "DJL_OFFLINE", "true",
          "OPT_OUT_TRACKING", "true",
          "OMP_WAIT_POLICY", "PASSIVE",
          "MALLOC_ARENA_MAX", "1",
          "MALLOC_MMAP_THRESHOLD_", "33554432",
          "MALLOC_TRIM_THRESHOLD_", "4294967296");

  private final String name;
  private final Process process;
  private final Path log;

  private ChildJvm(String name, Process process, Path log) {
    this.name = requireNonNull(name);
    this.process = requireNonNull(process);
    this.log = requireNonNull(log);
  }

  /** What to start: a main class with its class path, heap, environment and arguments. */
  record Command(
      String mainClass,
      List<Path> classPath,
      int heapMegabytes,
      Map<String, String> environment,
      List<String> arguments) {}

  /** Starts a process that logs into {@code folder}. */
  static ChildJvm start(String name, Path folder, Command command) {
    Path log = folder.resolve(name + ".log");
    ProcessBuilder builder = new ProcessBuilder(line(command));
    builder.environment().putAll(ENVIRONMENT);
    builder.environment().putAll(command.environment());
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    try {
      ChildJvm child = new ChildJvm(name, builder.start(), log);
      // Nothing may outlive the test that started it.
      Runtime.getRuntime().addShutdownHook(new Thread(child::kill));
      return child;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> line(Command command) {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(
        List.of("-Xmx" + command.heapMegabytes() + "m", "-XX:+UseSerialGC", "-Xshare:auto"));
    line.addAll(List.of("-XX:TieredStopAtLevel=1", "-Dlog4j2.configurationFile=chaos-log4j2.xml"));
    try (var options = Files.lines(FLINKS_OPTIONS)) {
      options.filter(option -> option.startsWith("--add-")).forEach(line::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    line.add("-cp");
    line.add(JvmClassPath.join(command.classPath()));
    line.add(command.mainClass());
    line.addAll(command.arguments());
    return line;
  }

  String name() {
    return name;
  }

  Path log() {
    return log;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** What the process holds in memory, in bytes. */
  long residentBytes() {
    try (Stream<String> status = Files.lines(Path.of("/proc/" + process.pid() + "/status"))) {
      return status
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** SIGKILL: no shutdown hook runs, nothing is flushed. */
  void kill() {
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** SIGSTOP: it holds its connections and its memory and does nothing. */
  void freeze() {
    signal("STOP");
  }

  /** SIGCONT: it goes on as if no time had passed. */
  void thaw() {
    signal("CONT");
  }

  /**
   * Waits for the end.
   *
   * @return the exit code
   * @throws AssertionError if it does not end in time
   */
  int awaitExit(long seconds) {
    try {
      if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
        throw new AssertionError(name + " still runs after " + seconds + " s: see " + log);
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  String output() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void signal(String signal) {
    try {
      int code = new ProcessBuilder("kill", "-" + signal, "" + process.pid()).start().waitFor();
      if (code != 0) {
        throw new IllegalStateException("kill -" + signal + " of " + name + " answered " + code);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    kill();
  }
}
