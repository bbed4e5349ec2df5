package dev.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cli.local.LocalPorts;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * Apicurio's registry in a JVM of its own, as its distribution is started, with its data in a
 * folder: it can be killed and started again.
 */
final class RegistryProcess implements AutoCloseable {
  private static final Path DISTRIBUTION = Path.of("target/apicurio-registry");
  private static final Duration START_PATIENCE = Duration.ofMinutes(5);

  private final Path folder;
  private final int port;
  private Process process;

  private RegistryProcess(Path folder, int port) {
    this.folder = folder;
    this.port = port;
  }

  /** Starts it and waits until it answers. */
  static RegistryProcess start(Path folder) throws Exception {
    RegistryProcess registry = new RegistryProcess(folder, LocalPorts.free());
    registry.start();
    return registry;
  }

  /** Where it speaks Confluent's protocol. */
  String confluentUrl() {
    return "http://127.0.0.1:" + port + "/apis/ccompat/v7";
  }

  /** Where it speaks its own. */
  String ownUrl() {
    return "http://127.0.0.1:" + port + "/apis/registry/v3";
  }

  void start() throws Exception {
    List<String> line =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx384m",
            "-XX:TieredStopAtLevel=1",
            "-Dquarkus.http.host=127.0.0.1",
            "-Dquarkus.http.port=" + port,
            "-Dapicurio.datasource.url=" + database(),
            "-jar",
            runner().toAbsolutePath().toString());
    process =
        new ProcessBuilder(line)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
            .start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    Instant end = Instant.now().plus(START_PATIENCE);
    while (!isUp()) {
      assertThat(process.isAlive() && Instant.now().isBefore(end))
          .as(() -> "the registry starts: " + logged())
          .isTrue();
      Thread.sleep(200);
    }
  }

  /** Else what was registered half a second before the end may be gone. */
  private String database() {
    return "jdbc:h2:file:" + folder.resolve("schemas").toAbsolutePath() + ";WRITE_DELAY=0";
  }

  /** Ends it in the middle of whatever it does. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  /** What it answers. */
  String get(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(confluentUrl() + path)).build();
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
  }

  private boolean isUp() throws InterruptedException {
    try {
      return get("/subjects").startsWith("[");
    } catch (IOException e) {
      return false;
    }
  }

  private static Path runner() throws IOException {
    try (Stream<Path> files = Files.list(DISTRIBUTION)) {
      return files
          .filter(file -> file.toString().endsWith("-runner.jar"))
          .findFirst()
          .orElseThrow();
    }
  }

  private Path log() {
    return folder.resolve("registry.log");
  }

  private String logged() {
    try {
      return Files.readString(log());
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
