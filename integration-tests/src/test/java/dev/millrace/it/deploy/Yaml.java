package dev.millrace.it.deploy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The YAML files of {@code deploy/}, as trees. */
final class Yaml {
  static final Path DEPLOY = Path.of("../deploy").toAbsolutePath().normalize();
  static final JsonMapper JSON = JsonMapper.builder().build();

  private Yaml() {}

  /** Every document of a file; merge keys (&lt;&lt;) stay as they are. */
  static List<JsonNode> documents(Path file) {
    try (Reader reader = Files.newBufferedReader(file)) {
      List<JsonNode> documents = new ArrayList<>();
      new Load(LoadSettings.builder().setLabel(file.toString()).build())
          .loadAllFromReader(reader)
          .forEach(document -> documents.add(JSON.valueToTree(document)));
      return documents;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode document(Path file) {
    return documents(file).get(0);
  }

  /** The YAML files in a folder and below. */
  static List<Path> files(Path folder) {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(file -> file.toString().matches(".*\\.ya?ml")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A map of settings, one a line as {@code key: value}. */
  static Map<String, String> settings(String lines) {
    try {
      JsonNode tree =
          JSON.valueToTree(new Load(LoadSettings.builder().build()).loadFromString(lines));
      return JSON.readerForMapOf(String.class).readValue(JSON.writeValueAsString(tree));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
