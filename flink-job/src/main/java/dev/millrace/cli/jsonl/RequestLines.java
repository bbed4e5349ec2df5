package dev.millrace.cli.jsonl;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.NaturalJson;
import dev.millrace.schema.RecordFormatException;

/**
 * Prompts as lines of JSON, in either of two forms: a {@code GenerationRequest} as its schema names
 * the fields, or a line of an OpenAI batch file ({@code custom_id} and {@code body}). Safe for use
 * by many threads.
 */
public final class RequestLines {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final NaturalJson<GenerationRequest> natural = NaturalJson.of(GenerationRequest.class);

  /**
   * Reads one line.
   *
   * @throws RecordFormatException if the line is no request, with what is wrong with which field
   */
  public GenerationRequest read(String line) throws RecordFormatException {
    JsonNode tree = tree(line);
    String json = tree.has("custom_id") ? OpenAiBatchLine.toNatural(tree).toString() : line;
    return natural.read(json.getBytes(UTF_8));
  }

  private static JsonNode tree(String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      // Not JSON, so no batch line either; the strict reader says what is wrong.
      return JSON.nullNode();
    }
  }
}
