package dev.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command as a person runs it, with the demo model. */
@Timeout(600)
final class BatchCommandTest {
  private static final Path HOME =
      Path.of(System.getProperty("millrace.home")).toAbsolutePath().normalize();
  private static final Path MODEL = HOME.resolve("deploy/demo-model");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** The demo model's words for labels, and a margin that some of its labels do not reach. */
  private static final String TASKS =
      """
      tasks:
        sort:
          kind: label
          version: 1
          messages:
            - role: system
              content: "Label the message with one word: billing, delivery, returns, account, technical, order, sales, feedback."
            - role: user
              content: "{{ text }}"
          sampling: {temperature: 0, max_tokens: 8}
          label:
            labels: [billing, delivery, returns, account, technical, order, sales, feedback]
            review: {margin_below: 0.9999, topic: doubtful}
            gold: expected
        adapted:
          kind: label
          version: 1
          adapter: loud
          messages:
            - role: system
              content: "Label the message with one word: billing, delivery, returns, account, technical, order, sales, feedback."
            - role: user
              content: "{{ text }}"
          sampling: {temperature: 0, max_tokens: 8}
          label:
            labels: [billing, delivery, returns, account, technical, order, sales, feedback]
        reply:
          version: 1
          prompt: "{{ text }}"
          sampling: {temperature: 0, max_tokens: 30}
          response_format:
            type: json_schema
            json_schema: {type: object, properties: {sure: {type: boolean}}, required: [sure]}
          output: {topic: replies, fields: {certain: /answer/sure, tokens: /completion_tokens}}
        short:
          kind: enrich
          version: 1
          prompt: "{{ text }}"
          sampling: {temperature: 0, max_tokens: 3}
          enrich: {fields: {city: {type: string, minLength: 5}}, on_invalid: pass}
      """;

  @TempDir private Path folder;
  private final Terminal terminal = new Terminal();

  @Test
  void labelsAreMeasuredByTheRowsThatAreKnownAndTheDoubtfulOnesAreSetAside() throws Exception {
    List<ObjectNode> rows = labelRows(40);
    for (int i = 1; i < rows.size(); i += 2) {
      rows.get(i).remove("expected"); // half of them are gold
    }
    Path input = write("rows.jsonl", rows);
    assertThat(batch(input, "out.jsonl", "--task", "sort", "--into", "label")).isZero();

    List<JsonNode> answers = read("out.jsonl");
    assertThat(answers).hasSize(40);
    long right =
        answers.stream()
            .filter(row -> row.has("expected") && row.get("expected").equals(row.get("label")))
            .count();
    assertThat(right).as("of 20, by a model that knows the task").isGreaterThan(14);
    assertThat(terminal.err())
        .contains("Gold     %d of 20 known labels are right".formatted(right));

    List<JsonNode> doubtful =
        answers.stream().filter(row -> row.get("label_margin").doubleValue() < 0.9999).toList();
    List<JsonNode> review = read("out.review.jsonl");
    assertThat(doubtful).as("some, but not all").isNotEmpty().hasSizeLessThan(40);
    assertThat(review)
        .extracting(row -> row.at("/input/text"))
        .containsExactlyElementsOf(doubtful.stream().map(row -> row.get("text")).toList());
    assertThat(review.get(0).get("scores").properties()).hasSize(8);
    assertThat(answers.get(review.get(0).get("row").intValue() - 1).get("label"))
        .isEqualTo(review.get(0).get("label"));

    assertThat(Files.readString(folder.resolve("out.report.html")))
        .contains("<b>20</b><span>gold records</span>")
        .contains("<b>%d</b><span>of these labelled right</span>".formatted(right))
        .contains("<b>%d</b><span>to be reviewed</span>".formatted(review.size()))
        .contains("aria-label=\"Throughput over time\"", "aria-label=\"Answers\"", "Latency")
        .contains(answers.get(0).get("label").textValue())
        .doesNotContain("http://", "https://", "src=", "<script");
  }

  @Test
  void aTaskIsAnsweredByItsAdapterBesideOneThatHasNone() throws Exception {
    LoraAdapter.write(folder.resolve("adapters/loud"), MODEL);
    List<ObjectNode> requests = new ArrayList<>();
    for (ObjectNode row : labelRows(12)) {
      for (String task : List.of("sort", "adapted")) {
        ObjectNode request = JSON.createObjectNode();
        request.put("id", task + requests.size()).put("task", task);
        request.putObject("input").set("text", row.get("text"));
        requests.add(request);
      }
    }
    Path input = write("requests.jsonl", requests);
    String adapters = "-Dmillrace.adapters-directory=" + folder.resolve("adapters");
    assertThat(batch(input, "results.jsonl", adapters)).isZero();

    List<JsonNode> results = read("results.jsonl");
    assertThat(results).hasSize(24);
    int different = 0;
    for (int i = 0; i < results.size(); i += 2) {
      JsonNode plain = results.get(i);
      JsonNode adapted = results.get(i + 1);
      assertThat(plain.at("/provenance/adapter").isMissingNode()).isTrue();
      assertThat(adapted.at("/provenance/adapter").textValue()).isEqualTo("loud");
      assertThat(adapted.at("/provenance/weights_hash").textValue())
          .startsWith(plain.at("/provenance/weights_hash").textValue() + "+");
      different += plain.get("label_scores").equals(adapted.get("label_scores")) ? 0 : 1;
    }
    assertThat(different).as("scored otherwise").isEqualTo(12);
  }

  @Test
  void aBatchOfWhichNoRowWasAnsweredHasFailed() throws Exception {
    Path input = write("rows.jsonl", labelRows(3));
    assertThat(batch(input, "out.jsonl", "--task", "adapted")).isEqualTo(ExitCode.FAILED);
    assertThat(terminal.err())
        .contains("3 rows: 0 answered, 3 failed")
        .contains("No row was answered. UNKNOWN_ADAPTER:");
    assertThat(read("out.errors.jsonl")).hasSize(3);
  }

  @Test
  void someFailedRowsFailABatchOnlyIfItIsAskedTo() throws Exception {
    List<ObjectNode> rows = labelRows(3);
    rows.get(1).remove("text");
    Path input = write("rows.jsonl", rows);

    assertThat(batch(input, "out.jsonl", "--task", "sort")).isZero();
    assertThat(terminal.err()).contains("3 rows: 2 answered, 1 failed");
    assertThat(batch(input, "out.jsonl", "--task", "sort", "--fail-on-errors"))
        .as("the failed row is tried again, and fails again")
        .isEqualTo(ExitCode.INCOMPLETE);
    assertThat(read("out.jsonl")).hasSize(2);
    assertThat(read("out.errors.jsonl")).hasSize(1);
  }

  @Test
  void theFieldsOfATasksOutputAreColumns() throws Exception {
    Path input = write("rows.jsonl", labelRows(2));
    assertThat(batch(input, "out.csv", "--task", "reply", "--into", "reply")).isZero();

    List<String> lines = Files.readAllLines(folder.resolve("out.csv"));
    assertThat(lines.get(0)).isEqualTo("text,expected,reply_certain,reply_tokens,reply_cut");
    assertThat(lines.stream().filter(line -> line.matches(".*,(true|false),[0-9]+,")))
        .as("ends of rows, some of which have several lines")
        .hasSize(2);
  }

  @Test
  void aFieldThatWasCutIsMarkedAndADocumentSaysHowManyPartsItHad() throws Exception {
    Path input = write("rows.jsonl", labelRows(1));
    assertThat(batch(input, "marked.jsonl", "--task", "short")).isZero();
    JsonNode marked = read("marked.jsonl").get(0);
    assertThat(marked.has("answer_city")).isFalse();
    assertThat(marked.get("answer_enrichment_error").textValue()).contains("raise max_tokens");

    String tasks = HOME.resolve("deploy/tasks").toString();
    assertThat(batch(input, "summary.jsonl", "--task", "summarise", "--tasks", tasks)).isZero();
    JsonNode summary = read("summary.jsonl").get(0);
    assertThat(summary.get("answer").textValue()).isNotBlank();
    assertThat(summary.get("answer_parts").intValue()).isEqualTo(1);
    assertThat(summary.get("answer_cut_parts").intValue()).isZero();
  }

  private int batch(Path input, String output, String... options) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("batch", input.toString()));
    arguments.add(folder.resolve(output).toString());
    arguments.addAll(List.of("--threads", "1"));
    arguments.addAll(List.of(options));
    if (!arguments.contains("--tasks")) {
      Path tasks = Files.writeString(folder.resolve("tasks.yaml"), TASKS);
      arguments.addAll(List.of("--tasks", tasks.toString()));
    }
    return terminal.run(arguments.toArray(String[]::new));
  }

  private static List<ObjectNode> labelRows(int count) throws IOException {
    List<ObjectNode> rows = new ArrayList<>();
    for (DemoDocument document : DemoDocument.readAll(MODEL.resolve("heldout.jsonl"))) {
      if (document.task().equals("label") && rows.size() < count) {
        rows.add(
            JSON.createObjectNode()
                .put("text", document.text())
                .put("expected", document.expected().orElseThrow()));
      }
    }
    return rows;
  }

  private Path write(String name, List<ObjectNode> rows) throws IOException {
    return Files.write(folder.resolve(name), rows.stream().map(ObjectNode::toString).toList());
  }

  private List<JsonNode> read(String name) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve(name))) {
      rows.add(JSON.readTree(line));
    }
    return rows;
  }
}
