package dev.millrace.it.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The job manager's REST interface. */
final class FlinkRest {
  /** Completed and failed checkpoints of a job since it was submitted. */
  record Checkpoints(int completed, int failed) {}

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final HttpClient http = HttpClient.newHttpClient();
  private final int port;

  FlinkRest(int port) {
    this.port = port;
  }

  boolean answers() {
    try {
      request("GET", "/overview", "");
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** The ids of the task managers that the job manager takes for alive. */
  List<String> taskManagers() {
    List<String> ids = new ArrayList<>();
    get("/taskmanagers").path("taskmanagers").forEach(each -> ids.add(each.path("id").asText()));
    return ids;
  }

  String state(String job) {
    return get("/jobs/" + job).path("state").asText();
  }

  /** Whether the job runs with every task. */
  boolean runs(String job) {
    JsonNode details = get("/jobs/" + job);
    if (!details.path("state").asText().equals("RUNNING")) {
      return false;
    }
    for (JsonNode vertex : details.path("vertices")) {
      if (!vertex.path("status").asText().equals("RUNNING")
          || vertex.path("tasks").path("RUNNING").asInt() < vertex.path("parallelism").asInt()) {
        return false;
      }
    }
    return true;
  }

  /** The task managers that the job's tasks run on. */
  List<String> taskManagersOf(String job) {
    List<String> ids = new ArrayList<>();
    for (JsonNode vertex : get("/jobs/" + job).path("vertices")) {
      JsonNode hosts =
          get("/jobs/" + job + "/vertices/" + vertex.path("id").asText() + "/taskmanagers");
      for (JsonNode host : hosts.path("taskmanagers")) {
        ids.add(host.path("taskmanager-id").asText());
      }
    }
    return ids.stream().distinct().sorted().toList();
  }

  Checkpoints checkpoints(String job) {
    JsonNode counts = get("/jobs/" + job + "/checkpoints").path("counts");
    return new Checkpoints(counts.path("completed").asInt(), counts.path("failed").asInt());
  }

  /** Why the job last failed, as far as Flink tells. */
  String exceptions(String job) {
    return get("/jobs/" + job + "/exceptions").toString();
  }

  void cancel(String job) {
    send("PATCH", "/jobs/" + job + "?mode=cancel", "");
    Waiting.until("the job is cancelled", PATIENCE, () -> state(job).equals("CANCELED"));
  }

  /**
   * Stops the job with a savepoint, without draining it.
   *
   * @return the savepoint's address
   */
  String stopWithSavepoint(String job, String directory) {
    String body = "{\"targetDirectory\":\"" + directory + "\",\"drain\":false}";
    String trigger = send("POST", "/jobs/" + job + "/stop", body).path("request-id").asText();
    String status = "/jobs/" + job + "/savepoints/" + trigger;
    Waiting.until(
        "the savepoint is written",
        PATIENCE,
        () -> get(status).path("status").path("id").asText().equals("COMPLETED"));
    JsonNode operation = get(status).path("operation");
    if (!operation.hasNonNull("location")) {
      throw new AssertionError("the job was not stopped with a savepoint: " + operation);
    }
    Waiting.until("the job is finished", PATIENCE, () -> state(job).equals("FINISHED"));
    return operation.path("location").asText();
  }

  private JsonNode get(String path) {
    return send("GET", path, "");
  }

  private JsonNode send(String method, String path, String body) {
    try {
      return request(method, path, body);
    } catch (IOException e) {
      throw new AssertionError(method + " " + path + " failed", e);
    }
  }

  private JsonNode request(String method, String path, String body) throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofSeconds(30))
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(body, UTF_8))
            .build();
    try {
      HttpResponse<String> response = http.send(request, BodyHandlers.ofString(UTF_8));
      if (response.statusCode() >= 300) {
        throw new IOException(response.statusCode() + ": " + response.body());
      }
      return JSON.readTree(response.body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
