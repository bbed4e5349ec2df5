package dev.millrace.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;

/** Reads a tree of JSON as a record, led by the record's schema. */
final class JsonToAvro {
  private static final int SHOWN_CHARACTERS = 80;

  private final ContractData model = ContractData.INSTANCE;
  private final Schema schema;

  JsonToAvro(Schema schema) {
    this.schema = schema;
  }

  Object read(JsonNode tree) throws RecordFormatException {
    return readRecord(tree, schema, "");
  }

  private Object readRecord(JsonNode node, Schema record, String path)
      throws RecordFormatException {
    if (!node.isObject()) {
      throw wrongType(path.isEmpty() ? "the value" : path, "an object", node);
    }
    refuseUnknownFields(node, record, path);
    Object value = model.newRecord(null, record);
    for (Schema.Field field : record.getFields()) {
      ((IndexedRecord) value).put(field.pos(), readField(node, field, path));
    }
    return value;
  }

  private Object readField(JsonNode object, Schema.Field field, String path)
      throws RecordFormatException {
    JsonNode node = object.get(field.name());
    String name = path + field.name();
    if (node != null) {
      return readValue(node, field.schema(), name);
    }
    if (!field.hasDefaultValue()) {
      throw new RecordFormatException(
          ErrorCode.MISSING_FIELD,
          "the field " + name + " is missing: add it (" + field.doc() + ")");
    }
    return model.deepCopy(field.schema(), model.getDefaultValue(field));
  }

  private Object readValue(JsonNode node, Schema type, String name) throws RecordFormatException {
    return switch (type.getType()) {
      case RECORD -> readRecord(node, type, name + ".");
      case UNION -> node.isNull() ? null : readValue(node, nonNull(type), name);
      case ARRAY -> readArray(node, type, name);
      case MAP -> readMap(node, type, name);
      case ENUM -> readEnum(node, type, name);
      case STRING -> require(node.isTextual(), name, "a string", node).textValue();
      case BOOLEAN -> require(node.isBoolean(), name, "true or false", node).booleanValue();
      case INT -> require(isInt(node), name, "a whole number of 32 bits", node).intValue();
      case LONG -> readLong(node, type, name);
      case FLOAT -> require(node.isNumber(), name, "a number", node).floatValue();
      case DOUBLE -> require(node.isNumber(), name, "a number", node).doubleValue();
      case BYTES -> readBytes(node, name);
      case FIXED, NULL -> throw new IllegalStateException("no record has a field of " + type);
    };
  }

  private List<Object> readArray(JsonNode node, Schema type, String name)
      throws RecordFormatException {
    require(node.isArray(), name, "an array", node);
    List<Object> values = new ArrayList<>(node.size());
    for (JsonNode element : node) {
      values.add(readValue(element, type.getElementType(), name + "[" + values.size() + "]"));
    }
    return values;
  }

  private Map<String, Object> readMap(JsonNode node, Schema type, String name)
      throws RecordFormatException {
    require(node.isObject(), name, "an object", node);
    Map<String, Object> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      values.put(
          entry.getKey(),
          readValue(entry.getValue(), type.getValueType(), name + "." + entry.getKey()));
    }
    return values;
  }

  private Object readEnum(JsonNode node, Schema type, String name) throws RecordFormatException {
    boolean known = node.isTextual() && type.hasEnumSymbol(node.textValue());
    require(known, name, "one of " + type.getEnumSymbols(), node);
    return model.createEnum(node.textValue(), type);
  }

  private static Object readLong(JsonNode node, Schema type, String name)
      throws RecordFormatException {
    if (type.getLogicalType() instanceof LogicalTypes.TimestampMillis) {
      return readInstant(node, name);
    }
    return require(isLong(node), name, "a whole number of 64 bits", node).longValue();
  }

  private static Instant readInstant(JsonNode node, String name) throws RecordFormatException {
    if (isLong(node)) {
      return Instant.ofEpochMilli(node.longValue());
    }
    try {
      return Instant.parse(node.asText());
    } catch (DateTimeException e) {
      throw wrongType(name, "a time, as epoch milliseconds or like 2026-11-21T08:00:00Z", node);
    }
  }

  private static ByteBuffer readBytes(JsonNode node, String name) throws RecordFormatException {
    require(node.isTextual(), name, "base64 text", node);
    try {
      return ByteBuffer.wrap(Base64.getDecoder().decode(node.textValue()));
    } catch (IllegalArgumentException e) {
      throw wrongType(name, "base64 text", node);
    }
  }

  private static boolean isInt(JsonNode node) {
    return node.isIntegralNumber() && node.canConvertToInt();
  }

  private static boolean isLong(JsonNode node) {
    return node.isIntegralNumber() && node.canConvertToLong();
  }

  private static Schema nonNull(Schema union) {
    return union.getTypes().stream()
        .filter(branch -> branch.getType() != Schema.Type.NULL)
        .findFirst()
        .orElseThrow();
  }

  private static void refuseUnknownFields(JsonNode object, Schema record, String path)
      throws RecordFormatException {
    Set<String> unknown = new TreeSet<>();
    object
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (record.getField(name) == null) {
                unknown.add(path + name);
              }
            });
    if (!unknown.isEmpty()) {
      List<String> known = record.getFields().stream().map(Schema.Field::name).toList();
      throw new RecordFormatException(
          ErrorCode.UNKNOWN_FIELD,
          "%s has no field %s: use one of %s"
              .formatted(record.getName(), shorten(String.join(", ", unknown)), known));
    }
  }

  private static JsonNode require(boolean fits, String name, String expected, JsonNode node)
      throws RecordFormatException {
    if (!fits) {
      throw wrongType(name, expected, node);
    }
    return node;
  }

  private static RecordFormatException wrongType(String name, String expected, JsonNode node) {
    return new RecordFormatException(
        ErrorCode.WRONG_TYPE, name + " must be " + expected + ", not " + shorten(node.toString()));
  }

  /** A dead letter's message shows enough of a value to find it, not a whole document. */
  private static String shorten(String text) {
    return text.length() <= SHOWN_CHARACTERS ? text : text.substring(0, SHOWN_CHARACTERS) + "...";
  }
}
