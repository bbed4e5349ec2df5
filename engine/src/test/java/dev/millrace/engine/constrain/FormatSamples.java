package dev.millrace.engine.constrain;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.engine.ResponseFormat;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Response formats with texts that have the form and texts that have not.
 *
 * @param schema for a JSON Schema, to be handed to a validator
 */
record FormatSamples(
    String name,
    ResponseFormat format,
    Optional<JsonNode> schema,
    List<String> valid,
    List<String> invalid) {
  static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN)
          .build();

  private static final int GENERATED = 80;

  /** Written by hand, in the test resources, and generated. */
  static Stream<FormatSamples> all() {
    return Stream.of(schemas(), patterns(), generated()).flatMap(List::stream);
  }

  private static List<FormatSamples> schemas() {
    List<FormatSamples> all = new ArrayList<>();
    for (JsonNode row : resource("/formats/schemas.json")) {
      all.add(
          ofSchema(
              row.get("name").asText(),
              row.get("schema"),
              texts(row.get("valid")),
              texts(row.get("invalid"))));
    }
    return all;
  }

  private static List<FormatSamples> patterns() {
    List<FormatSamples> all = new ArrayList<>();
    for (JsonNode row : resource("/formats/patterns.json")) {
      String pattern = row.get("pattern").asText();
      all.add(
          new FormatSamples(
              pattern,
              new ResponseFormat.Regex(pattern),
              Optional.empty(),
              texts(row.get("matches")),
              texts(row.get("rejects"))));
    }
    return all;
  }

  private static List<FormatSamples> generated() {
    List<FormatSamples> all = new ArrayList<>();
    for (int i = 0; i < GENERATED; i++) {
      RandomSchema schema = RandomSchema.of(new Random(i));
      List<String> valid = Stream.generate(schema::sample).limit(5).toList();
      all.add(ofSchema("generated " + i, schema.json(), valid, List.of()));
    }
    return all;
  }

  private static FormatSamples ofSchema(
      String name, JsonNode schema, List<String> valid, List<String> invalid) {
    return new FormatSamples(
        name,
        new ResponseFormat.JsonSchema(schema.toString()),
        Optional.of(schema),
        valid,
        invalid);
  }

  private static JsonNode resource(String name) {
    try (InputStream in = FormatSamples.class.getResourceAsStream(name)) {
      return JSON.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.asText()));
    return texts;
  }

  @Override
  public String toString() {
    return name;
  }
}
