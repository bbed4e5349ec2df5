package dev.millrace.job.task;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.job.task.yaml.YamlObject;
import dev.millrace.schema.ResponseFormat;
import dev.millrace.schema.ResponseFormatType;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads {@code response_format}, as requests have it; a JSON Schema may be written in YAML. */
final class ResponseFormatReader {
  private static final Map<String, ResponseFormatType> TYPES =
      Map.of(
          "text", ResponseFormatType.text,
          "choice", ResponseFormatType.choice,
          "regex", ResponseFormatType.regex,
          "json_schema", ResponseFormatType.json_schema);

  private ResponseFormatReader() {}

  static Optional<ResponseFormat> read(YamlObject yaml) {
    Optional<ResponseFormatType> type = yaml.choice("type", TYPES);
    if (type.isEmpty() && !yaml.has("type")) {
      yaml.mistake("needs type: text, choice, regex or json_schema");
    }
    List<String> choice = yaml.texts("choice");
    Optional<String> regex = yaml.text("regex").filter(text -> !text.isEmpty());
    Optional<String> schema = yaml.json("json_schema").map(ResponseFormatReader::text);
    yaml.end();
    if (type.isPresent() && lacksValue(type.get(), choice, regex, schema)) {
      yaml.mistake("needs %s, because that is its type".formatted(type.get()));
    }
    return type.map(
        known -> new ResponseFormat(known, choice, regex.orElse(null), schema.orElse(null)));
  }

  private static boolean lacksValue(
      ResponseFormatType type,
      List<String> choice,
      Optional<String> regex,
      Optional<String> schema) {
    return switch (type) {
      case text -> false;
      case choice -> choice.isEmpty();
      case regex -> regex.isEmpty();
      case json_schema -> schema.isEmpty();
    };
  }

  private static String text(JsonNode schema) {
    return schema.isTextual() ? schema.textValue() : schema.toString();
  }
}
