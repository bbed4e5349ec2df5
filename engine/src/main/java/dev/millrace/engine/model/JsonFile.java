package dev.millrace.engine.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.millrace.engine.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * An object of a checkpoint's JSON file, with accessors that check. A key that is null counts as
 * missing, as it does in transformers. Every error names the file, the key and the value.
 *
 * @param prefix the key of this object in the file and a dot; empty for the file's root
 */
record JsonFile(Path path, String prefix, JsonNode node) {
  private static final long MAX_BYTES = 64L << 20; // a shard index of a large model has some MB
  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(32).build())
              .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
              .build());

  /**
   * @throws CheckpointException if there is no such file or it does not hold a JSON object
   */
  static JsonFile read(Path path) {
    try {
      if (!Files.isRegularFile(path)) {
        throw new CheckpointException(
            path + " is missing: the checkpoint must be a directory in Hugging Face layout");
      }
      if (Files.size(path) > MAX_BYTES) {
        throw new CheckpointException(path + " has more than " + MAX_BYTES + " bytes");
      }
      JsonNode root = JSON.readTree(Files.readAllBytes(path));
      if (!root.isObject()) {
        throw new CheckpointException(path + " is not a JSON object");
      }
      return new JsonFile(path, "", root);
    } catch (IOException e) {
      throw new CheckpointException(path + " cannot be read: " + e.getMessage(), e);
    }
  }

  JsonNode get(String key) {
    JsonNode value = node.path(key);
    return value.isNull() ? MissingNode.getInstance() : value;
  }

  /** The object at {@code key}; an empty one if it is missing. */
  JsonFile child(String key) {
    JsonNode value = get(key);
    if (!value.isMissingNode() && !value.isObject()) {
      throw error(key, "must be an object");
    }
    return new JsonFile(path, prefix + key + ".", value);
  }

  int positive(String key) {
    JsonNode value = get(key);
    if (!value.isIntegralNumber() || !value.canConvertToInt() || value.asInt() < 1) {
      throw error(key, "must be a whole number greater than 0");
    }
    return value.asInt();
  }

  int positive(String key, int missing) {
    return get(key).isMissingNode() ? missing : positive(key);
  }

  /** A whole number within 1 and {@code most}. */
  int positiveUpTo(int most, String key) {
    int value = positive(key);
    if (value > most) {
      throw error(key, "must be at most " + most);
    }
    return value;
  }

  double positiveNumber(String key) {
    JsonNode value = get(key);
    if (!value.isNumber() || !(value.asDouble() > 0) || Double.isInfinite(value.asDouble())) {
      throw error(key, "must be a number greater than 0");
    }
    return value.asDouble();
  }

  double positiveNumber(String key, double missing) {
    return get(key).isMissingNode() ? missing : positiveNumber(key);
  }

  /** Whether the key is there, be it with null. */
  boolean has(String key) {
    return node.has(key);
  }

  boolean flag(String key) {
    return flag(key, false);
  }

  boolean flag(String key, boolean missing) {
    JsonNode value = get(key);
    if (!value.isMissingNode() && !value.isBoolean()) {
      throw error(key, "must be true or false");
    }
    return value.asBoolean(missing);
  }

  String text(String key, String missing) {
    JsonNode value = get(key);
    if (!value.isMissingNode() && !value.isTextual()) {
      throw error(key, "must be a string");
    }
    return value.asText(missing);
  }

  /** Whole numbers of at least 0; none if the key is missing. */
  List<Integer> integers(String key) {
    List<Integer> integers = new ArrayList<>();
    for (JsonNode element : list(key)) {
      if (!element.isIntegralNumber() || !element.canConvertToInt() || element.asInt() < 0) {
        throw error(key, "must be a list of whole numbers of at least 0");
      }
      integers.add(element.asInt());
    }
    return integers;
  }

  /** Strings; none if the key is missing. */
  List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    for (JsonNode element : list(key)) {
      if (!element.isTextual()) {
        throw error(key, "must be a list of strings");
      }
      texts.add(element.asText());
    }
    return texts;
  }

  private JsonNode list(String key) {
    JsonNode value = get(key);
    if (!value.isMissingNode() && !value.isArray()) {
      throw error(key, "must be a list");
    }
    return value;
  }

  /** One token id or a list of them; {@code missing} if the key is. */
  Set<Integer> tokenIds(String key, int... missing) {
    Set<Integer> ids = new LinkedHashSet<>();
    JsonNode value = get(key);
    if (value.isMissingNode()) {
      for (int id : missing) {
        ids.add(id);
      }
      return ids;
    }
    for (JsonNode id : value.isArray() ? value : new ObjectMapper().createArrayNode().add(value)) {
      if (!id.isIntegralNumber() || !id.canConvertToInt() || id.asInt() < 0) {
        throw error(key, "must be a token id or a list of token ids");
      }
      ids.add(id.asInt());
    }
    return ids;
  }

  CheckpointException error(String key, String problem) {
    JsonNode value = node.path(key);
    String shown = value.isMissingNode() ? "(missing)" : value.toString();
    String brief = shown.length() > 200 ? shown.substring(0, 200) + "..." : shown;
    return new CheckpointException("%s: %s%s %s %s".formatted(path, prefix, key, brief, problem));
  }
}
