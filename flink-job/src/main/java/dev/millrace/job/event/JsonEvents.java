package dev.millrace.job.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.RecordFormatException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Events that are JSON objects in UTF-8. */
final class JsonEvents implements EventFormat {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  @Override
  public JsonNode read(byte[] event) throws RecordFormatException {
    JsonNode tree;
    try {
      // Jackson alone would also take UTF-16, and damaged UTF-8.
      tree = MAPPER.readTree(UTF_8.newDecoder().decode(ByteBuffer.wrap(event)).toString());
    } catch (JsonProcessingException e) {
      throw new RecordFormatException(
          ErrorCode.INVALID_JSON,
          "the event is not well-formed JSON: " + e.getOriginalMessage(),
          e);
    } catch (IOException e) {
      throw new RecordFormatException(
          ErrorCode.INVALID_JSON, "the event cannot be read: " + e.getMessage(), e);
    }
    if (!tree.isObject()) {
      throw new RecordFormatException(ErrorCode.WRONG_TYPE, "the event must be a JSON object");
    }
    return tree;
  }

  /** Puts the fields before the brace that closes the event. */
  @Override
  public byte[] append(byte[] event, ObjectNode fields) throws RecordFormatException {
    refuseSecondFields(read(event), fields);
    int brace = last(event, event.length);
    int end = last(event, brace) + 1;
    boolean empty = event[end - 1] == '{';
    byte[] members = members(fields);
    ByteArrayOutputStream out = new ByteArrayOutputStream(event.length + members.length + 1);
    out.write(event, 0, end);
    if (!empty && members.length > 0) {
      out.write(',');
    }
    out.writeBytes(members);
    out.write(event, end, event.length - end);
    return out.toByteArray();
  }

  private static void refuseSecondFields(JsonNode event, ObjectNode fields)
      throws RecordFormatException {
    for (String name : (Iterable<String>) fields::fieldNames) {
      if (event.has(name)) {
        throw new RecordFormatException(
            ErrorCode.INVALID_ANSWER,
            "the event has a field '%s' already: name the task's field otherwise, or put its fields into one of their own"
                .formatted(name));
      }
    }
  }

  /** The fields without the braces around them. */
  private static byte[] members(ObjectNode fields) {
    String object = fields.toString();
    return object.substring(1, object.length() - 1).getBytes(UTF_8);
  }

  /** Where the last byte before {@code end} is that is not white space. */
  private static int last(byte[] json, int end) {
    int position = end - 1;
    while (json[position] == ' '
        || json[position] == '\n'
        || json[position] == '\r'
        || json[position] == '\t') {
      position--;
    }
    return position;
  }
}
