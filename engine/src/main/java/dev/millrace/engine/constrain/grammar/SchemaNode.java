package dev.millrace.engine.constrain.grammar;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.ResponseFormatException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A part of a JSON Schema and the JSON pointer to it, so that what is wrong with it can be found.
 */
record SchemaNode(JsonNode json, String pointer) {
  SchemaNode {
    requireNonNull(json);
    requireNonNull(pointer);
  }

  boolean has(String keyword) {
    return json.has(keyword);
  }

  SchemaNode child(String key) {
    return new SchemaNode(json.path(key), pointer + "/" + escaped(key));
  }

  SchemaNode child(int index) {
    return new SchemaNode(json.path(index), pointer + "/" + index);
  }

  /** The elements of a keyword's array. */
  List<SchemaNode> children(String keyword) {
    SchemaNode array = child(keyword);
    if (!array.json.isArray() || array.json.isEmpty()) {
      throw refused(keyword, "needs an array of at least one element");
    }
    List<SchemaNode> children = new ArrayList<>();
    for (int i = 0; i < array.json.size(); i++) {
      children.add(array.child(i));
    }
    return children;
  }

  Optional<String> text(String keyword) {
    JsonNode value = json.path(keyword);
    if (!value.isMissingNode() && !value.isTextual()) {
      throw refused(keyword, "needs a string");
    }
    return Optional.ofNullable(value.textValue());
  }

  Optional<BigDecimal> number(String keyword) {
    JsonNode value = json.path(keyword);
    if (!value.isMissingNode() && !value.isNumber()) {
      throw refused(keyword, "needs a number");
    }
    return value.isNumber() ? Optional.of(value.decimalValue()) : Optional.empty();
  }

  /** A count, or the given one if the keyword is missing. */
  int count(String keyword, int otherwise) {
    JsonNode value = json.path(keyword);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.isNumber() || !value.canConvertToExactIntegral() || value.intValue() < 0) {
      throw refused(keyword, "needs a whole number, 0 or greater");
    }
    return value.intValue();
  }

  ResponseFormatException refused(String keyword, String why) {
    return new ResponseFormatException(
        "json_schema: \"%s\" at %s %s"
            .formatted(keyword, pointer.isEmpty() ? "the root" : pointer, why));
  }

  private static String escaped(String key) {
    return key.replace("~", "~0").replace("/", "~1");
  }
}
