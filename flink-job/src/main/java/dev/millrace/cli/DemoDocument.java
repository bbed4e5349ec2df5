package dev.millrace.cli;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.millrace.cli.report.AnswerScores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A document to try a model with: one line of a sample file.
 *
 * @param id its name in the file
 * @param task what is asked: summarise, enrich or label
 * @param messages the conversation that asks it
 * @param expected the right answer, where one is known
 * @param facts what a summary should contain, where that is known
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record DemoDocument(
    @JsonProperty(value = "id", required = true) String id,
    @JsonProperty(value = "task", required = true) String task,
    @JsonProperty(value = "messages", required = true) List<Turn> messages,
    @JsonProperty("expected") Optional<String> expected,
    @JsonProperty("facts") List<String> facts) {

  /** One turn of a conversation. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Turn(
      @JsonProperty(value = "role", required = true) String role,
      @JsonProperty(value = "content", required = true) String content) {}

  private static final JsonMapper JSON = JsonMapper.builder().addModule(new Jdk8Module()).build();

  DemoDocument {
    messages = List.copyOf(messages);
    expected = expected == null ? Optional.empty() : expected;
    facts = facts == null ? List.of() : List.copyOf(facts);
    if (messages.isEmpty()) {
      throw new IllegalArgumentException("document " + id + " has no messages");
    }
  }

  /** What the person asks, without the instructions before it. */
  String text() {
    return messages.get(messages.size() - 1).content();
  }

  /** Scores an answer if the right one is known. */
  void score(String answer, AnswerScores scores) {
    switch (task) {
      case "label" -> expected.ifPresent(right -> scores.label(right, answer));
      case "enrich" -> expected.ifPresent(right -> scores.enrich(right, answer));
      case "summarise" -> {
        if (!facts.isEmpty()) {
          scores.summarise(text(), facts, answer);
        }
      }
      default -> {
        // A task of somebody else's samples, which nobody here can judge.
      }
    }
  }

  /**
   * Reads a JSONL file, or all of a folder by name.
   *
   * @throws IOException if a file cannot be read or there is no document
   */
  static List<DemoDocument> readAll(Path source) throws IOException {
    List<DemoDocument> documents = new ArrayList<>();
    for (Path file : files(source)) {
      for (String line : Files.readAllLines(file)) {
        if (!line.isBlank()) {
          documents.add(parse(file, line));
        }
      }
    }
    if (documents.isEmpty()) {
      throw new IOException("no documents in " + source);
    }
    return documents;
  }

  private static List<Path> files(Path source) throws IOException {
    if (Files.isRegularFile(source)) {
      return List.of(source);
    }
    try (Stream<Path> files = Files.list(source)) {
      return files.filter(file -> file.toString().endsWith(".jsonl")).sorted().toList();
    }
  }

  private static DemoDocument parse(Path file, String line) throws IOException {
    try {
      return JSON.readValue(line, DemoDocument.class);
    } catch (JsonProcessingException e) {
      throw new IOException(file + " has a line that is no document: " + e.getOriginalMessage(), e);
    }
  }
}
