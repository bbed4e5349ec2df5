package dev.millrace.schema;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Records as the JSON a person would write: {@code {"id":"1","prompt":"hi","max_tokens":5}}.
 *
 * <p>Not Avro's own JSON encoding: unions carry no type wrapper, fields with a default may be left
 * out, bytes are base64, a time is epoch milliseconds or an ISO-8601 text. Field names are the
 * schema's, and every name must be one of them, so that a misspelt parameter is an error and not
 * silently the default. Safe for use by many threads.
 *
 * @param <T> the record
 */
public final class NaturalJson<T extends SpecificRecordBase> {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final JsonToAvro reader;
  private final Class<T> type;

  private NaturalJson(Class<T> type) {
    this.type = type;
    this.reader = new JsonToAvro(ContractData.INSTANCE.getSchema(type));
  }

  /** The JSON form of a generated record class. */
  public static <T extends SpecificRecordBase> NaturalJson<T> of(Class<T> type) {
    return new NaturalJson<>(requireNonNull(type, "type"));
  }

  /**
   * Whether these bytes look like a JSON object: the first one that is not white space opens it.
   */
  public static boolean isObject(byte[] bytes) {
    for (byte b : bytes) {
      if (b != ' ' && b != '\t' && b != '\n' && b != '\r') {
        return b == '{';
      }
    }
    return false;
  }

  /**
   * Reads one record.
   *
   * @throws RecordFormatException {@link ErrorCode#INVALID_JSON}, {@link ErrorCode#MISSING_FIELD},
   *     {@link ErrorCode#UNKNOWN_FIELD} or {@link ErrorCode#WRONG_TYPE}, naming the field and value
   */
  public T read(byte[] json) throws RecordFormatException {
    JsonNode tree;
    try {
      tree = MAPPER.readTree(json);
    } catch (IOException e) {
      throw new RecordFormatException(
          ErrorCode.INVALID_JSON, "the value is not well-formed JSON: " + reason(e), e);
    }
    return type.cast(reader.read(tree));
  }

  /** Writes one record on one line, leaving out fields that are null. */
  public String write(T value) {
    try {
      return MAPPER.writeValueAsString(AvroToJson.write(value));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e); // a tree of nodes does not fail
    }
  }

  private static String reason(IOException e) {
    if (e instanceof JsonProcessingException json && json.getLocation() != null) {
      return "%s (line %d, column %d)"
          .formatted(
              json.getOriginalMessage(),
              json.getLocation().getLineNr(),
              json.getLocation().getColumnNr());
    }
    return String.valueOf(e.getMessage());
  }
}
