package dev.millrace.engine.constrain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/**
 * A random JSON Schema, and random values made for it without looking at what the engine does.
 *
 * @param values makes one valid value after another
 */
record RandomSchema(ObjectNode json, Supplier<JsonNode> values) {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final String[] CHARACTERS = {"a", "Z", "0", " ", "\"", "\\", "\n", "ß", "語", "😀"};
  private static final int MOST_LEVELS = 3;

  static RandomSchema of(Random random) {
    return of(random, 0);
  }

  /** A valid value as text. */
  String sample() {
    try {
      return FormatSamples.JSON.writeValueAsString(values.get());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static RandomSchema of(Random random, int level) {
    return switch (random.nextInt(level < MOST_LEVELS ? 9 : 6)) {
      case 0 -> integer(random);
      case 1 -> number(random);
      case 2 -> string(random);
      case 3 -> ofType("boolean", () -> NODES.booleanNode(random.nextBoolean()));
      case 4 -> ofType("null", NODES::nullNode);
      case 5 -> constants(random);
      case 6 -> array(random, of(random, level + 1));
      case 7 -> anyOf(random, of(random, level + 1), of(random, level + 1));
      default -> object(random, level);
    };
  }

  private static RandomSchema ofType(String type, Supplier<JsonNode> values) {
    return new RandomSchema(NODES.objectNode().put("type", type), values);
  }

  private static RandomSchema integer(Random random) {
    int low = random.nextInt(4000) - 2000;
    int high = low + random.nextInt(random.nextBoolean() ? 10 : 3000);
    RandomSchema schema =
        ofType("integer", () -> NODES.numberNode(low + random.nextInt(high - low + 1)));
    schema.json.put("minimum", low).put("maximum", high);
    return schema;
  }

  private static RandomSchema number(Random random) {
    int scale = random.nextInt(4);
    long low = random.nextInt(4000) - 2000L;
    int width = 1 + random.nextInt(3000);
    RandomSchema schema =
        ofType(
            "number",
            () ->
                NODES.numberNode(
                    BigDecimal.valueOf(low * 10 + random.nextInt(width * 10), scale + 1)));
    schema
        .json
        .put("minimum", BigDecimal.valueOf(low, scale))
        .put("exclusiveMaximum", BigDecimal.valueOf(low + width, scale));
    return schema;
  }

  private static RandomSchema string(Random random) {
    int min = random.nextInt(4);
    int max = min + random.nextInt(6);
    RandomSchema schema =
        ofType("string", () -> NODES.textNode(text(random, min + random.nextInt(max - min + 1))));
    schema.json.put("minLength", min).put("maxLength", max);
    return schema;
  }

  private static String text(Random random, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append(CHARACTERS[random.nextInt(CHARACTERS.length)]);
    }
    return text.toString();
  }

  private static RandomSchema constants(Random random) {
    ArrayNode values = NODES.arrayNode().add(random.nextInt(100));
    values.add(text(random, 3)).addNull().add(random.nextBoolean());
    ObjectNode schema = NODES.objectNode();
    schema.set("enum", values);
    return new RandomSchema(schema, () -> values.get(random.nextInt(values.size())));
  }

  private static RandomSchema array(Random random, RandomSchema items) {
    int min = random.nextInt(3);
    int max = min + random.nextInt(3);
    RandomSchema schema =
        ofType(
            "array",
            () -> {
              ArrayNode array = NODES.arrayNode();
              int size = min + random.nextInt(max - min + 1);
              for (int i = 0; i < size; i++) {
                array.add(items.values.get());
              }
              return array;
            });
    schema.json.put("minItems", min).put("maxItems", max).set("items", items.json);
    return schema;
  }

  private static RandomSchema anyOf(Random random, RandomSchema a, RandomSchema b) {
    ObjectNode schema = NODES.objectNode();
    schema.putArray("anyOf").add(a.json).add(b.json);
    return new RandomSchema(schema, () -> (random.nextBoolean() ? a : b).values.get());
  }

  private static RandomSchema object(Random random, int level) {
    List<RandomSchema> members = new ArrayList<>();
    List<Boolean> required = new ArrayList<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      members.add(of(random, level + 1));
      required.add(random.nextBoolean());
    }
    RandomSchema schema =
        ofType(
            "object",
            () -> {
              ObjectNode object = NODES.objectNode();
              for (int i = 0; i < members.size(); i++) {
                if (required.get(i) || random.nextBoolean()) {
                  object.set("m\u00e4" + i, members.get(i).values.get());
                }
              }
              return object;
            });
    ObjectNode properties = schema.json.putObject("properties");
    ArrayNode names = schema.json.putArray("required");
    for (int i = 0; i < members.size(); i++) {
      properties.set("m\u00e4" + i, members.get(i).json);
      if (required.get(i)) {
        names.add("m\u00e4" + i);
      }
    }
    return schema;
  }
}
