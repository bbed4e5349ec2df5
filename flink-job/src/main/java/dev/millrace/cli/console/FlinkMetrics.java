package dev.millrace.cli.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Asks Flink's REST interface for a job's metrics: no reporter has to be set up. How fresh they are
 * Flink decides, with {@code metrics.fetcher.update-interval}.
 */
final class FlinkMetrics implements Runnable {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final long INTERVAL_MS = 1_000;
  private static final String NAMES_START = "millrace";
  private static final String OURS = ".millrace.";
  private static final String ENGINE = OURS + "engine.";
  private static final String PENDING = ".pendingRecords";
  private static final String IN_FLIGHT = OURS + "inFlight";

  /** A vertex of the job and the metrics of it that count here. */
  private record Vertex(String id, List<String> engine, List<String> others) {}

  private final JsonMapper json = JsonMapper.builder().build();
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
  private final URI flink;
  private final Optional<String> wanted;
  private final PipelineView view;

  FlinkMetrics(URI flink, Optional<String> job, PipelineView view) {
    this.flink = requireNonNull(flink, "flink");
    this.wanted = requireNonNull(job, "job");
    this.view = requireNonNull(view, "view");
  }

  /** Until the thread is interrupted. */
  @Override
  public void run() {
    try {
      while (true) {
        try {
          view.engine(read());
        } catch (IOException e) {
          view.engineUnknown(
              "Flink's metrics at %s: %s"
                  .formatted(flink, Optional.ofNullable(e.getMessage()).orElse("no answer")));
        }
        Thread.sleep(INTERVAL_MS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * The figures of the job now.
   *
   * @throws IOException if Flink does not answer, or which job is meant is not clear
   */
  EngineFigures read() throws IOException, InterruptedException {
    JsonNode job = job();
    String path = "/jobs/" + job.path("jid").asText();
    Map<String, Double> values = new HashMap<>();
    int subtasks = 0;
    for (JsonNode part : get(path).path("vertices")) {
      Vertex vertex = vertex(path, part.path("id").asText());
      add(values, path, vertex, vertex.others(), "");
      if (!vertex.engine().isEmpty()) {
        subtasks += part.path("parallelism").asInt();
        add(values, path, vertex, vertex.engine(), "&subtasks=" + oneOfEachProcess(path, vertex));
      }
    }
    return new EngineFigures(
        job.path("name").asText(), job.path("state").asText(), subtasks, values);
  }

  private JsonNode job() throws IOException, InterruptedException {
    List<JsonNode> running = new ArrayList<>();
    for (JsonNode job : get("/jobs/overview").path("jobs")) {
      if (isMeant(job) && job.path("end-time").asLong() < 0) {
        running.add(job);
      }
    }
    if (running.isEmpty()) {
      throw new IOException(
          "no job runs" + wanted.map(name -> " that is " + name).orElse(" that is Millrace's"));
    }
    if (running.size() > 1) {
      throw new IOException(
          "several jobs run: name one with --job "
              + running.stream()
                  .map(job -> job.path("jid").asText())
                  .collect(Collectors.joining(" or ")));
    }
    return running.get(0);
  }

  private boolean isMeant(JsonNode job) {
    String name = job.path("name").asText();
    return wanted
        .map(text -> text.equals(name) || text.equals(job.path("jid").asText()))
        .orElseGet(() -> name.startsWith(NAMES_START));
  }

  private Vertex vertex(String job, String id) throws IOException, InterruptedException {
    List<String> engine = new ArrayList<>();
    List<String> others = new ArrayList<>();
    for (JsonNode metric : get(job + "/vertices/" + id + "/subtasks/metrics")) {
      String name = metric.path("id").asText();
      if (name.contains(ENGINE)) {
        engine.add(name);
      } else if (name.endsWith(IN_FLIGHT) || name.endsWith(PENDING)) {
        others.add(name);
      }
    }
    return new Vertex(id, engine, others);
  }

  /** The tasks of a process share its engine and all report the same. */
  private String oneOfEachProcess(String job, Vertex vertex)
      throws IOException, InterruptedException {
    Map<String, String> byProcess = new LinkedHashMap<>();
    for (JsonNode subtask : get(job + "/vertices/" + vertex.id()).path("subtasks")) {
      byProcess.putIfAbsent(
          subtask.path("taskmanager-id").asText(), subtask.path("subtask").asText());
    }
    return String.join(",", byProcess.values());
  }

  private void add(
      Map<String, Double> values, String job, Vertex vertex, List<String> names, String subtasks)
      throws IOException, InterruptedException {
    if (names.isEmpty()) {
      return;
    }
    String query =
        names.stream().map(name -> URLEncoder.encode(name, UTF_8)).collect(Collectors.joining(","));
    String path = "%s/vertices/%s/subtasks/metrics?agg=sum&get=%s%s";
    for (JsonNode metric : get(path.formatted(job, vertex.id(), query, subtasks))) {
      values.merge(
          shortName(metric.path("id").asText()), metric.path("sum").asDouble(), Double::sum);
    }
  }

  private static String shortName(String name) {
    int ours = name.indexOf(OURS);
    return ours < 0
        ? name.substring(name.lastIndexOf('.') + 1)
        : name.substring(ours + OURS.length());
  }

  private JsonNode get(String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(flink.toString().replaceAll("/+$", "") + path))
            .timeout(PATIENCE)
            .build();
    HttpResponse<byte[]> response = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
    if (response.statusCode() != 200) {
      throw new IOException("HTTP " + response.statusCode() + " for " + path);
    }
    return json.readTree(response.body());
  }
}
