package dev.millrace.engine.text;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** The tokenizers among the test resources, as checkpoint directories. */
final class Checkpoints {
  static final ObjectMapper JSON = new ObjectMapper();

  private Checkpoints() {}

  static Path resource(String name) {
    try {
      return Path.of(Checkpoints.class.getResource("/" + name).toURI());
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  static Path byteLevel() {
    return resource("tokenizers/byte-level");
  }

  static Path sentencePiece() {
    return resource("tokenizers/sentencepiece");
  }

  /** Writes a copy of a checkpoint's tokenizer.json with something changed. */
  static Path edited(Path checkpoint, Path target, Consumer<ObjectNode> edit) throws IOException {
    Path source = checkpoint.resolve("tokenizer.json");
    ObjectNode json = (ObjectNode) JSON.readTree(source.toFile());
    edit.accept(json);
    Files.write(target.resolve("tokenizer.json"), JSON.writeValueAsBytes(json));
    return target;
  }
}
