package dev.millrace.cli.batch;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.RecordFormatException;
import java.util.Optional;
import org.apache.avro.generic.GenericRecord;

/**
 * One row of an input.
 *
 * @param text the row as one line of JSON; of a JSONL file the line as it is, JSON or not
 * @param record the row itself where its file has a schema
 * @param problem what is wrong with the row, if it could not be read as its file demands
 */
record Row(String text, Optional<GenericRecord> record, Optional<String> problem) {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  Row {
    requireNonNull(text, "text");
    requireNonNull(record, "record");
    requireNonNull(problem, "problem");
  }

  static Row of(String text) {
    return new Row(text, Optional.empty(), Optional.empty());
  }

  static Row of(ObjectNode fields) {
    return of(fields.toString());
  }

  static Row of(GenericRecord record) {
    return new Row(RecordJson.of(record).toString(), Optional.of(record), Optional.empty());
  }

  static Row broken(String text, String problem) {
    return new Row(text, Optional.empty(), Optional.of(problem));
  }

  /**
   * The row's columns by name.
   *
   * @throws RecordFormatException if it is no JSON object
   */
  ObjectNode fields() throws RecordFormatException {
    if (problem.isPresent()) {
      throw new RecordFormatException(ErrorCode.UNDECODABLE, problem.get());
    }
    JsonNode tree;
    try {
      tree = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new RecordFormatException(
          ErrorCode.INVALID_JSON, "the line is not well-formed JSON: " + e.getOriginalMessage(), e);
    }
    if (tree instanceof ObjectNode object) {
      return object;
    }
    throw new RecordFormatException(
        ErrorCode.WRONG_TYPE, "the line is no JSON object: write {\"column\": value, ...}");
  }
}
