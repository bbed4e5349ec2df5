package dev.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.cli.local.LocalPorts;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs the commands of the tutorials in their order, with the demo model. */
@Timeout(600)
final class TutorialsTest {
  private static final Path HOME =
      Path.of(System.getProperty("millrace.home")).toAbsolutePath().normalize();
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir private Path folder;

  private final List<String> output = new ArrayList<>();
  private long goldRecords;
  private long goldRight;

  @Test
  void documentsAreSummarised() throws Exception {
    runAll("tutorial-summarise.md");

    assertThat(output.get(0)).contains("\"document\":{\"parts\":1,\"generations\":1,\"levels\":1");
    JsonNode parts = completion(output.get(1)).get("document");
    assertThat(parts.get("parts").intValue()).isGreaterThan(4);
    assertThat(parts.get("levels").intValue()).isGreaterThan(2);
    List<JsonNode> completions = collected();
    assertThat(completions).hasSize(5);
    assertThat(completions)
        .filteredOn(completion -> completion.get("id").textValue().equals("file-of-cases"))
        .singleElement()
        .satisfies(
            completion ->
                assertThat(completion.get("document")).as("in a stream as tried").isEqualTo(parts));
  }

  @Test
  void eventsAreEnriched() throws Exception {
    runAll("tutorial-enrich.md");

    assertThat(output.get(0)).contains("support-events-enriched: {\"id\":\"event-1\"");
    List<String> enriched = output.get(output.size() - 1).lines().toList();
    assertThat(enriched).hasSize(5);
    for (String event : Files.readAllLines(HOME.resolve("deploy/tasks/samples/events.jsonl"))) {
      String untouched = event.substring(0, event.length() - 1) + ",\"details\":{";
      assertThat(enriched).anyMatch(line -> line.startsWith(untouched));
    }
    for (String event : enriched) {
      assertThat(JSON.readTree(event).get("details").properties()).hasSize(6);
    }
  }

  @Test
  void messagesAreLabelled() throws Exception {
    runAll("tutorial-label.md", this::readGoldMetrics);

    JsonNode tried = completion(output.get(0));
    assertThat(tried.get("label").textValue()).isEqualTo("returns");
    assertThat(tried.get("label_scores").properties()).hasSize(8);
    assertThat(tried.get("margin").doubleValue()).isPositive();
    assertThat(collected()).hasSize(12);
    List<JsonNode> gold =
        collected().stream().filter(completion -> completion.has("expected_label")).toList();
    assertThat(gold).hasSize(3);
    assertThat(goldRecords).as("told while the job runs").isEqualTo(3);
    assertThat(goldRight)
        .isEqualTo(
            gold.stream()
                .filter(record -> record.get("expected_label").equals(record.get("label")))
                .count());
  }

  /** What the metrics of all subtasks say of the records whose label is known, once it is all. */
  private void readGoldMetrics(URI flink) throws Exception {
    long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    while (goldRecords < 3 && System.nanoTime() < end) {
      goldRecords = 0;
      goldRight = 0;
      String job = "/jobs/" + get(flink, "/jobs/overview").at("/jobs/0/jid").textValue();
      for (JsonNode vertex : get(flink, job).path("vertices")) {
        String subtasks = job + "/vertices/" + vertex.get("id").textValue() + "/subtasks/";
        for (int i = 0; i < vertex.get("parallelism").intValue(); i++) {
          double records = metric(flink, subtasks + i, "goldRecords");
          goldRecords += Math.round(records);
          goldRight += Math.round(records * metric(flink, subtasks + i, "goldAccuracy"));
        }
      }
    }
  }

  /** As Flink has fetched it last; 0 if the subtask has none. */
  private static double metric(URI flink, String subtask, String name) throws Exception {
    for (JsonNode metric : get(flink, subtask + "/metrics")) {
      String id = metric.get("id").textValue();
      if (id.endsWith("millrace.task.label." + name)) {
        return get(flink, subtask + "/metrics?get=" + id).at("/0/value").asDouble();
      }
    }
    return 0;
  }

  private static JsonNode get(URI flink, String path) throws Exception {
    try (InputStream answer = flink.resolve(path).toURL().openStream()) {
      return JSON.readTree(answer);
    }
  }

  /** Every command of a page; 'up' runs until the page is over. */
  private void runAll(String page) throws Exception {
    runAll(page, flink -> {});
  }

  private void runAll(String page, WhileUp whileUp) throws Exception {
    int port = LocalPorts.free();
    try (BackgroundCommand up = new BackgroundCommand()) {
      for (String command : commands(page)) {
        if (command.startsWith("up ")) {
          up.start(
              command
                  + " --port %d --web-port 0 --data %s --commit-interval 1"
                      .formatted(port, folder.resolve("up")));
        } else if (command.matches("(submit|collect|topic) .*")) {
          up.awaitJob();
          run(command + patience(command) + " --bootstrap-server 127.0.0.1:" + port);
        } else {
          run(command);
        }
      }
      whileUp.look(up.flink());
    }
  }

  /** For a machine that is slower than those of the tutorials' readers. */
  private static String patience(String command) {
    return command.matches("(collect|topic read) .*") ? " --idle 300" : "";
  }

  /** Looks at a job whose web interface is there. */
  @FunctionalInterface
  private interface WhileUp {
    void look(URI flink) throws Exception;
  }

  private void run(String command) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        Millrace.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(arguments(command));
    assertThat(status).as(command + "\n" + err + out).isEqualTo(ExitCode.DONE);
    output.add(out.toString());
  }

  /** Files of the checkout are named from its root, results go elsewhere. */
  private String[] arguments(String command) {
    return Stream.of(command.split(" ", -1))
        .map(word -> word.startsWith("deploy/") ? HOME.resolve(word).toString() : word)
        .map(word -> word.equals("results") ? folder.resolve(word).toString() : word)
        .toArray(String[]::new);
  }

  private static List<String> commands(String page) throws IOException {
    String prompt = "    ./millrace ";
    return Files.readAllLines(HOME.resolve("docs").resolve(page)).stream()
        .filter(line -> line.startsWith(prompt))
        .map(line -> line.substring(prompt.length()).strip())
        .toList();
  }

  private static JsonNode completion(String output) throws IOException {
    String prefix = "completions: ";
    String line = output.lines().filter(each -> each.startsWith(prefix)).findFirst().orElseThrow();
    return JSON.readTree(line.substring(prefix.length()));
  }

  private List<JsonNode> collected() throws IOException {
    List<JsonNode> completions = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve("results/completions.jsonl"))) {
      completions.add(JSON.readTree(line));
    }
    return completions;
  }

  /** A command on a thread of its own, until it is interrupted. */
  private final class BackgroundCommand implements AutoCloseable {
    private final StringWriter err = new StringWriter();
    private Thread thread = new Thread(() -> {});

    void start(String command) {
      thread =
          new Thread(
              () ->
                  Millrace.commandLine()
                      .setOut(new PrintWriter(new StringWriter(), true))
                      .setErr(new PrintWriter(err, true))
                      .execute(arguments(command)),
              "up");
      thread.start();
    }

    void awaitJob() throws InterruptedException {
      long end = System.nanoTime() + Duration.ofMinutes(5).toNanos();
      while (!err.toString().contains("Ctrl-C stops it") && System.nanoTime() < end) {
        assertThat(thread.isAlive()).as(err.toString()).isTrue();
        Thread.sleep(50);
      }
    }

    URI flink() {
      Matcher line = Pattern.compile("Flink +(http\\S+)").matcher(err.toString());
      assertThat(line.find()).as(err.toString()).isTrue();
      return URI.create(line.group(1));
    }

    @Override
    public void close() {
      thread.interrupt();
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
