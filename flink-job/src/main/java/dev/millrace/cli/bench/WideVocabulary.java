package dev.millrace.cli.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.engine.text.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Gives the checkpoint of a {@link Shape} as many tokens as it has embeddings. Its tokenizer has
 * fewer; the others are made of two tokens each, so that a vocabulary of a real size has to be
 * searched for what may come next.
 */
public final class WideVocabulary {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String TOKENIZER = "tokenizer.json";

  private WideVocabulary() {}

  /**
   * The checkpoint itself if it has a token for every embedding, else a copy of it, made of links.
   *
   * @param folder where the copy goes; there and empty
   */
  public static Path of(Path checkpoint, Path folder) throws IOException {
    int size = JSON.readTree(checkpoint.resolve("config.json").toFile()).path("vocab_size").asInt();
    if (Vocabulary.load(checkpoint).size() >= size) {
      return checkpoint;
    }
    try (Stream<Path> files = Files.list(checkpoint)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (!file.endsWith(TOKENIZER)) {
          Files.createSymbolicLink(
              folder.resolve(file.getFileName()), file.toAbsolutePath().normalize());
        }
      }
    }
    JsonNode tokenizer = JSON.readTree(checkpoint.resolve(TOKENIZER).toFile());
    widen((ObjectNode) tokenizer.at("/model/vocab"), size);
    JSON.writeValue(folder.resolve(TOKENIZER).toFile(), tokenizer);
    return folder;
  }

  /** Joined spellings of bytes are the spelling of the joined bytes. */
  private static void widen(ObjectNode vocabulary, int size) {
    List<String> tokens =
        vocabulary.properties().stream()
            .map(token -> token.getKey())
            .filter(token -> !token.startsWith("<|"))
            .toList();
    int next = 1 + vocabulary.valueStream().mapToInt(JsonNode::asInt).max().orElse(-1);
    for (String first : tokens) {
      for (String second : tokens) {
        if (next == size) {
          return;
        }
        if (!vocabulary.has(first + second)) {
          vocabulary.put(first + second, next++);
        }
      }
    }
  }
}
