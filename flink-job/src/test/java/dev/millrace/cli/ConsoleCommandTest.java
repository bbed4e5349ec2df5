package dev.millrace.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.cli.local.EmbeddedBroker;
import dev.millrace.cli.local.LocalFlink;
import dev.millrace.cli.local.LocalJob;
import dev.millrace.cli.local.LocalPorts;
import dev.millrace.job.MillraceJob;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.kafka.KafkaConnectors;
import dev.millrace.job.model.FakeModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command, beside a real broker and a real Flink. */
@Timeout(300)
final class ConsoleCommandTest {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final Terminal terminal = new Terminal();
  @TempDir private Path folder;

  @Test
  void thePageSeesAPipelineAtWorkAndReplaysItsDeadLetters() throws Exception {
    FakeModel model = FakeModel.drivenWithCache(1_000);
    try (EmbeddedBroker broker = EmbeddedBroker.temporary();
        LocalFlink flink = LocalFlink.start(2, 0, folder)) {
      LocalTopics.create(broker);
      try (LocalJob job = startJob(broker, flink, model);
          Running console =
              console(
                  "--bootstrap-server",
                  broker.bootstrapServers(),
                  "--flink",
                  flink.webUi().toString())) {
        job.awaitRunning(Duration.ofMinutes(1));
        try (Page page = console.open()) {
          // It watches from here on.
          page.await(update -> update.path("kafka").isNull() && update.path("job").isTextual());
          send(
              broker,
              "{\"id\":\"a\",\"prompt\":\"x\"}",
              "{\"id\":\"b\",\"prompt\":\"y\"}",
              "{broken",
              "{\"id\":\"c\",\"prompt\":\"z\",\"model\":\"another\"}");
          page.await(update -> update.at("/engine/running").asDouble() == 2);
          JsonNode full = page.await(update -> update.at("/engine/inFlight").asDouble() == 2);
          assertThat(full.path("job").asText()).isEqualTo("millrace fake");
          assertThat(full.at("/engine/cacheSize").asDouble())
              .as("two tasks share the engine of their process")
              .isEqualTo(1_000);
          assertThat(full.at("/engine/maxRunning").asDouble()).isEqualTo(FakeModel.CONTEXT_LENGTH);

          model.submitted(0).generate("hello").finish();
          JsonNode done = page.await(update -> update.at("/totals/completions").asInt() == 1);
          assertThat(done.at("/totals/tokens").asInt()).isEqualTo(5);
          page.await(update -> update.at("/totals/prompts").asInt() == 4);
          page.await(update -> update.at("/totals/deadLetters").asInt() == 2);
          assertThat(page.seen()).contains("\"text\":\"hello\"", "INVALID_JSON", "UNKNOWN_MODEL");

          assertThat(console.replay("UNKNOWN_MODEL")).isEqualTo("{\"sent\":1,\"passedOver\":1}");
          page.await(update -> update.at("/replay/code").asText().equals("UNKNOWN_MODEL"));
          JsonNode back = page.await(update -> update.at("/totals/deadLetters").asInt() == 3);
          assertThat(back.at("/codes/0/count").asInt()).as("it came back").isEqualTo(2);
        }
      }
    }
  }

  @Test
  void whatCannotBeReachedIsSaidOnThePage() throws Exception {
    try (Running console =
            console(
                "--bootstrap-server",
                "127.0.0.1:" + LocalPorts.free(),
                "--flink",
                "http://127.0.0.1:" + LocalPorts.free());
        Page page = console.open()) {
      JsonNode update = page.await(next -> next.path("flink").isTextual());
      assertThat(update.path("flink").asText()).contains("Flink's metrics at http://127.0.0.1:");
      assertThat(update.at("/engine/running").isNull()).isTrue();
      page.await(next -> next.path("kafka").asText().startsWith("127.0.0.1:"));
    }
  }

  @Test
  void anAddressThatOthersReachWantsAToken() {
    assertThat(terminal.run("console", "--listen", "0.0.0.0")).isEqualTo(ExitCode.USAGE);
    assertThat(terminal.err()).contains("a token is required: --token-file");
  }

  @Test
  void aTokenThatCouldBeGuessedIsRefused() throws Exception {
    Path token = Files.writeString(folder.resolve("token"), "secret\n");
    assertThat(terminal.run("console", "--listen", "0.0.0.0", "--token-file", token.toString()))
        .isEqualTo(ExitCode.USAGE);
    assertThat(terminal.err()).contains("has 6 characters: take at least 16");
  }

  private LocalJob startJob(EmbeddedBroker broker, LocalFlink flink, FakeModel model)
      throws IOException {
    JobSettings settings =
        JobSettings.from(
            Configuration.fromMap(
                Map.of(
                    "millrace.model.directory",
                    "/models/fake",
                    "millrace.bootstrap-servers",
                    broker.bootstrapServers())));
    StreamExecutionEnvironment env = flink.environment(Duration.ofMillis(200), Optional.empty());
    MillraceJob.defineWorkflow(
        env,
        KafkaConnectors.source(settings),
        KafkaConnectors.sink(settings),
        settings,
        model.factory());
    StreamGraph graph = env.getStreamGraph();
    graph.setJobName("millrace fake");
    return flink.submit(graph);
  }

  private static void send(EmbeddedBroker broker, String... prompts) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (String prompt : prompts) {
        producer.send(new ProducerRecord<>("prompts", 0, null, prompt.getBytes(UTF_8))).get();
      }
    }
  }

  /** Starts the command on a free port and waits until it listens. */
  private Running console(String... options) {
    String[] arguments = new String[options.length + 3];
    arguments[0] = "console";
    arguments[1] = "--port";
    arguments[2] = "0";
    System.arraycopy(options, 0, arguments, 3, options.length);
    CompletableFuture<Integer> status = new CompletableFuture<>();
    Thread thread = new Thread(() -> status.complete(terminal.run(arguments)));
    thread.start();
    Pattern line = Pattern.compile("Console +(http\\S+)");
    while (!line.matcher(terminal.err()).find()) {
      assertThat(status).as(terminal.err()).isNotDone();
      Thread.onSpinWait();
    }
    Matcher found = line.matcher(terminal.err());
    assertThat(found.find()).isTrue();
    return new Running(thread, status, URI.create(found.group(1)));
  }

  /** The command while it runs. */
  private record Running(Thread thread, CompletableFuture<Integer> status, URI address)
      implements AutoCloseable {
    Page open() throws Exception {
      HttpRequest request = HttpRequest.newBuilder(address.resolve("/events")).build();
      return new Page(
          new BufferedReader(
              new InputStreamReader(
                  HTTP.send(request, HttpResponse.BodyHandlers.ofInputStream()).body(), UTF_8)));
    }

    String replay(String code) throws Exception {
      String page =
          HTTP.send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString())
              .body();
      Matcher secret = Pattern.compile("name=\"page-secret\" content=\"([^\"]+)\"").matcher(page);
      assertThat(secret.find()).isTrue();
      HttpRequest request =
          HttpRequest.newBuilder(address.resolve("/replay"))
              .header("Origin", "http://" + address.getAuthority())
              .header("X-Millrace-Console", secret.group(1))
              .POST(HttpRequest.BodyPublishers.ofString("{\"code\":\"" + code + "\"}"))
              .build();
      return HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    /** As Ctrl-C does. */
    @Override
    public void close() {
      thread.interrupt();
      assertThat(status.join()).isEqualTo(ExitCode.DONE);
    }
  }

  /** What a page is told. */
  private static final class Page implements AutoCloseable {
    private final JsonMapper json = JsonMapper.builder().build();
    private final StringBuilder seen = new StringBuilder();
    private final BufferedReader events;

    Page(BufferedReader events) {
      this.events = events;
    }

    JsonNode await(Predicate<JsonNode> condition) throws IOException {
      while (true) {
        String line = events.readLine();
        assertThat(line).as("the stream goes on").isNotNull();
        if (line.startsWith("data: ")) {
          seen.append(line);
          JsonNode update = json.readTree(line.substring("data: ".length()));
          if (condition.test(update)) {
            return update;
          }
        }
      }
    }

    String seen() {
      return seen.toString();
    }

    @Override
    public void close() throws IOException {
      events.close();
    }
  }
}
