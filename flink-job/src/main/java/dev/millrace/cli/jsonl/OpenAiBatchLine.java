package dev.millrace.cli.jsonl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.RecordFormatException;
import java.util.Map;
import java.util.Set;

/**
 * A line of an OpenAI batch file: {@code {"custom_id": ..., "method": "POST", "url":
 * "/v1/chat/completions", "body": {"messages": [...], ...}}}.
 *
 * <p>A parameter that cannot be honoured is refused by name and never dropped in silence.
 *
 * @see <a href="https://platform.openai.com/docs/guides/batch">OpenAI's batch guide</a>
 */
final class OpenAiBatchLine {
  private static final Set<String> LINE_FIELDS = Set.of("custom_id", "method", "url", "body");
  private static final Set<String> SAME_NAME =
      Set.of(
          "model",
          "max_tokens",
          "temperature",
          "top_p",
          "top_k",
          "min_p",
          "repetition_penalty",
          "presence_penalty",
          "frequency_penalty",
          "seed");
  // What these ask for is what happens anyway.
  private static final Map<String, JsonNode> WITHOUT_EFFECT =
      Map.of(
          "n", JsonNodeFactory.instance.numberNode(1),
          "stream", JsonNodeFactory.instance.booleanNode(false));

  private OpenAiBatchLine() {}

  /**
   * The same request with the field names of {@link dev.millrace.schema.GenerationRequest}.
   *
   * @throws RecordFormatException if it uses something that has no counterpart there
   */
  static ObjectNode toNatural(JsonNode line) throws RecordFormatException {
    for (Map.Entry<String, JsonNode> field : line.properties()) {
      if (!LINE_FIELDS.contains(field.getKey())) {
        throw unsupported(field.getKey());
      }
    }
    ObjectNode request = JsonNodeFactory.instance.objectNode();
    request.set("id", line.get("custom_id"));
    for (Map.Entry<String, JsonNode> field : body(line).properties()) {
      if (!field.getValue().isNull()) {
        copy(field.getKey(), field.getValue(), request);
      }
    }
    return withLogprobs(request, body(line));
  }

  private static JsonNode body(JsonNode line) throws RecordFormatException {
    JsonNode body = line.path("body");
    if (!body.isObject()) {
      throw new RecordFormatException(
          ErrorCode.MISSING_FIELD, "a line with custom_id needs a body, which is an object");
    }
    return body;
  }

  private static void copy(String name, JsonNode value, ObjectNode request)
      throws RecordFormatException {
    switch (name) {
      case "messages" -> request.set("messages", messages(value));
      case "max_completion_tokens" -> request.set("max_tokens", value);
      case "stop" -> request.set("stop", value.isArray() ? value : oneElement(value));
      case "response_format" -> request.set("response_format", responseFormat(value));
      case "logprobs", "top_logprobs" -> {} // together, when all else is there
      default -> {
        if (SAME_NAME.contains(name)) {
          request.set(name, value);
        } else if (!value.equals(WITHOUT_EFFECT.get(name))) {
          throw unsupported("body." + name);
        }
      }
    }
  }

  private static ObjectNode withLogprobs(ObjectNode request, JsonNode body) {
    if (body.path("logprobs").asBoolean(false)) {
      request.put("logprobs", body.path("top_logprobs").asInt(0));
    }
    return request;
  }

  /** Content may be a text or a list of text parts, which are joined. */
  private static JsonNode messages(JsonNode messages) throws RecordFormatException {
    JsonNode copy = messages.deepCopy();
    for (JsonNode message : copy) {
      if (message.path("content").isArray()) {
        ((ObjectNode) message).put("content", joined(message.path("content")));
      }
    }
    return copy;
  }

  private static String joined(JsonNode parts) throws RecordFormatException {
    StringBuilder text = new StringBuilder();
    for (JsonNode part : parts) {
      if (!part.path("type").asText().equals("text")) {
        throw unsupported("a content part of type '" + part.path("type").asText() + "'");
      }
      text.append(part.path("text").asText());
    }
    return text.toString();
  }

  private static JsonNode responseFormat(JsonNode format) throws RecordFormatException {
    String type = format.path("type").asText();
    ObjectNode natural = JsonNodeFactory.instance.objectNode().put("type", type);
    return switch (type) {
      case "text" -> natural;
      case "json_schema" ->
          natural.put("json_schema", format.path("json_schema").path("schema").toString());
      default -> throw unsupported("response_format of type '" + type + "'");
    };
  }

  private static JsonNode oneElement(JsonNode value) {
    return JsonNodeFactory.instance.arrayNode().add(value);
  }

  private static RecordFormatException unsupported(String what) {
    return new RecordFormatException(
        ErrorCode.UNKNOWN_FIELD,
        what
            + " of an OpenAI batch line is not supported: leave it out, or write the line in"
            + " Millrace's own form (id, messages, ...)");
  }
}
