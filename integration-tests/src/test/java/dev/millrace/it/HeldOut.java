package dev.millrace.it;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.cli.report.AnswerScores;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The demo model and the documents it was not trained on, with their right answers. */
final class HeldOut {
  static final Path MODEL = Path.of("..", "deploy", "demo-model").toAbsolutePath().normalize();
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** One turn of a conversation. */
  record Turn(String role, String content) {}

  /** A document, what is asked of it, and what the answer should be. */
  record Document(JsonNode row) {
    String id() {
      return row.get("id").asText();
    }

    String task() {
      return row.get("task").asText();
    }

    List<Turn> messages() {
      return each(row.get("messages"))
          .map(turn -> new Turn(turn.get("role").asText(), turn.get("content").asText()))
          .toList();
    }

    void score(String answer, AnswerScores scores) {
      String expected = row.get("expected").asText();
      switch (task()) {
        case "label" -> scores.label(expected, answer);
        case "enrich" -> scores.enrich(expected, answer);
        default ->
            scores.summarise(
                messages().get(messages().size() - 1).content(),
                each(row.get("facts")).map(JsonNode::asText).toList(),
                answer);
      }
    }
  }

  private HeldOut() {}

  /** All 300, a hundred of each task. */
  static List<Document> all() {
    return lines(MODEL.resolve("heldout.jsonl")).stream().map(Document::new).toList();
  }

  /** The first of each task. */
  static List<Document> firstOfEachTask(int count) {
    List<Document> chosen = new ArrayList<>();
    for (String task : List.of("label", "enrich", "summarise")) {
      all().stream()
          .filter(document -> document.task().equals(task))
          .limit(count)
          .forEach(chosen::add);
    }
    return chosen;
  }

  static List<JsonNode> lines(Path file) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.map(HeldOut::parse).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Stream<JsonNode> each(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }

  private static JsonNode parse(String line) {
    try {
      return JSON.readTree(line);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
