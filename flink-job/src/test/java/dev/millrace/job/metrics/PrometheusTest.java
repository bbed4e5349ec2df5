package dev.millrace.job.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.cli.local.LocalPorts;
import dev.millrace.job.CollectingSink;
import dev.millrace.job.MillraceJob;
import dev.millrace.job.config.ProgramArguments;
import dev.millrace.job.config.TestSettings;
import dev.millrace.job.model.FakeModel;
import dev.millrace.job.record.Prompts;
import dev.millrace.job.serialization.RecordTypes;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What Prometheus reads over HTTP from a running job, with the configuration that {@code
 * deploy/observability} gives to users. Where Prometheus itself is installed, it reads it.
 */
@Timeout(300)
class PrometheusTest {
  private static final Path HOME = Path.of(System.getProperty("millrace.home"));
  private static final Path OBSERVABILITY = HOME.resolve("deploy/observability");
  private static final String PREFIX = "flink_taskmanager_job_task_operator_millrace_";
  private static final Pattern OURS = Pattern.compile(PREFIX + "\\w+");
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private static final String GUARD =
      "guards: {default: {rules: [{name: letter, pattern: x, where: input, action: flag}]}}";

  private final FakeModel model = FakeModel.drivenWithCache(10_000);
  private int port;
  private JobClient job;
  @TempDir private Path folder;

  /** One prompt is answered, two are in flight, one is broken. */
  @BeforeEach
  void startJob() throws Exception {
    port = LocalPorts.free();
    Configuration configuration =
        ProgramArguments.parse(
            "--config",
            OBSERVABILITY.resolve("flink-metrics.yaml").toString(),
            "-Dmetrics.reporter.prom.port=" + port);
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(1, configuration);
    MillraceJob.defineWorkflow(
        env,
        new DataGeneratorSource<>(
            number ->
                Prompts.record(
                    number == 0 ? "{broken" : "{\"id\":\"%d\",\"prompt\":\"x\"}".formatted(number)),
            4,
            RecordTypes.PROMPT),
        new CollectingSink(),
        TestSettings.withGuard(GUARD),
        model.factory());
    job = env.executeAsync("metrics");
    while (model.submitted().size() < 3) {
      Thread.onSpinWait();
    }
    model.submitted(0).generate("hello").finish();
  }

  @AfterEach
  void stopJob() throws Exception {
    job.cancel().get();
  }

  @Test
  void whatDashboardAlertsAndDocumentationNameIsThere() throws Exception {
    Set<String> exposed = names(scrapeAfterTheFirstAnswer());

    assertThat(exposed).containsAll(names(read(OBSERVABILITY.resolve("grafana-dashboard.json"))));
    assertThat(exposed).containsAll(names(read(OBSERVABILITY.resolve("alerts.yml"))));
    assertThat(documented()).isNotEmpty();
    assertThat(exposed).containsAll(documented());
  }

  @Test
  void theFiguresAreRight() throws Exception {
    String metrics = scrapeAfterTheFirstAnswer();

    assertThat(value(metrics, "completions", "")).isEqualTo(1);
    assertThat(value(metrics, "inFlight", "")).isEqualTo(2);
    assertThat(value(metrics, "code_deadLetters", "code=\"INVALID_JSON\"")).isEqualTo(1);
    assertThat(value(metrics, "side_category_action_guardVerdicts", "category=\"letter\""))
        .isEqualTo(1);
    String perToken = "gen_ai_server_time_per_output_token_seconds_le_bucket"; // it was 20 ms
    assertThat(value(metrics, perToken, "le=\"0.01\"")).isZero();
    assertThat(value(metrics, perToken, "le=\"0.025\"")).isEqualTo(1);
    assertThat(value(metrics, perToken, "le=\"+Inf\"")).isEqualTo(1);
    String usage = "gen_ai_token_type_gen_ai_client_token_usage_sum";
    assertThat(value(metrics, usage, "gen_ai_token_type=\"output\"")).isEqualTo(5);
    assertThat(value(metrics, "engine_kvCacheTokens", "")).isEqualTo(10_000);
  }

  @Test
  void prometheusItselfReadsThemAndUnderstandsEveryPanelOfTheDashboard() throws Exception {
    Path prometheus = installed("prometheus");
    Path config = folder.resolve("prometheus.yml");
    Files.copy(OBSERVABILITY.resolve("alerts.yml"), folder.resolve("alerts.yml"));
    Files.writeString(
        config,
        read(OBSERVABILITY.resolve("prometheus.yml"))
            .replaceAll("targets: .*", "targets: ['localhost:" + port + "']")
            .replace("15s", "1s"));
    int web = LocalPorts.free();
    Process server =
        new ProcessBuilder(
                prometheus.toString(),
                "--config.file=" + config,
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=localhost:" + web)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    try {
      JsonNode completions = query(web, PREFIX + "completions");
      while (!completions.at("/data/result/0/value/1").asText().equals("1")) {
        assertThat(server.isAlive()).as(read(folder.resolve("log"))).isTrue();
        TimeUnit.MILLISECONDS.sleep(100);
        completions = query(web, PREFIX + "completions");
      }
      for (String panel : panels()) {
        assertThat(query(web, panel).path("status").asText()).as(panel).isEqualTo("success");
      }
      assertThat(get(web, "/api/v1/rules")).contains("MillraceManyDeadLetters");
    } finally {
      server.destroy();
      server.waitFor();
    }
  }

  @Test
  void promtoolFindsNothingWrongWithTheRules() throws Exception {
    Path promtool = installed("promtool");
    ProcessBuilder check = new ProcessBuilder(OBSERVABILITY.resolve("check.sh").toString());
    check.environment().put("PROMTOOL", promtool.toString());
    Path log = folder.resolve("check.log");
    Process checking = check.redirectErrorStream(true).redirectOutput(log.toFile()).start();

    assertThat(checking.waitFor()).as(read(log)).isZero();
  }

  /**
   * A scrape after one in which the answer and the dead letter were counted: figures may change
   * while the text of a scrape is written, and one that holds the last may lack an earlier.
   */
  private String scrapeAfterTheFirstAnswer() throws Exception {
    String metrics = get(port, "/metrics");
    while (!metrics.contains(PREFIX + "code_deadLetters")
        || !metrics.contains(PREFIX + "completions")
        || value(metrics, "completions", "") < 1) {
      TimeUnit.MILLISECONDS.sleep(50);
      metrics = get(port, "/metrics");
    }
    return get(port, "/metrics");
  }

  private static List<String> panels() throws IOException {
    List<String> expressions = new ArrayList<>();
    JsonNode dashboard =
        new ObjectMapper().readTree(OBSERVABILITY.resolve("grafana-dashboard.json").toFile());
    for (JsonNode expression : dashboard.findValues("expr")) {
      expressions.add(expression.asText().replace("$__rate_interval", "1m").replace("$job", ".*"));
    }
    return expressions;
  }

  /** The series that the tables of docs/operations.md name; a histogram is three. */
  private static Set<String> documented() throws IOException {
    Set<String> names = new TreeSet<>();
    for (String row : Files.readAllLines(HOME.resolve("docs/operations.md"))) {
      String[] cells = row.split("\\|", -1);
      if (cells.length > 3 && cells[2].matches(" (counters?|gauges?.*|histogram) ")) {
        Matcher name = Pattern.compile("`(\\w+)").matcher(cells[1]);
        while (name.find()) {
          Stream<String> suffixes =
              cells[2].contains("histogram")
                  ? Stream.of("_le_bucket", "_count", "_sum")
                  : Stream.of("");
          suffixes.forEach(suffix -> names.add(PREFIX + name.group(1) + suffix));
        }
      }
    }
    return names;
  }

  private static Set<String> names(String text) {
    Set<String> names = new TreeSet<>();
    Matcher name = OURS.matcher(text);
    while (name.find()) {
      names.add(name.group());
    }
    return names;
  }

  /** Of the first series with the name and the label. */
  private static double value(String metrics, String name, String label) {
    return metrics
        .lines()
        .filter(line -> line.startsWith(PREFIX + name + "{") && line.contains(label))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no series " + name + " " + label));
  }

  /** What Prometheus answers; nothing while it starts. */
  private static JsonNode query(int web, String expression) throws Exception {
    ObjectMapper json = new ObjectMapper();
    try {
      HttpResponse<String> answer =
          ask(web, "/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
      boolean starting = answer.statusCode() == HttpURLConnection.HTTP_UNAVAILABLE;
      return starting ? json.createObjectNode() : json.readTree(answer.body());
    } catch (java.net.ConnectException notUpYet) {
      return json.createObjectNode();
    }
  }

  private static String get(int port, String path) throws Exception {
    return ask(port, path).body();
  }

  private static HttpResponse<String> ask(int port, String path) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + path)).build();
    return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private static Path installed(String program) {
    Path found =
        Stream.of(System.getenv("PATH").split(":", -1))
            .map(folder -> Path.of(folder, program))
            .filter(Files::isExecutable)
            .findFirst()
            .orElse(Path.of("missing"));
    assumeTrue(Files.isExecutable(found), program + " is not installed");
    return found;
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file);
  }
}
