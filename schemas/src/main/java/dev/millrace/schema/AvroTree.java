package dev.millrace.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;

/** Avro records of any schema as trees of JSON, and back. */
public final class AvroTree {
  private AvroTree() {}

  /** The record as JSON, without the fields that are null; bytes become base64 text. */
  public static ObjectNode of(IndexedRecord record) {
    return AvroToJson.write(record);
  }

  /**
   * The tree as a record of a schema.
   *
   * @throws RecordFormatException naming the field that is missing, unknown or of another type
   */
  public static IndexedRecord toRecord(JsonNode tree, Schema schema) throws RecordFormatException {
    return (IndexedRecord) new JsonToAvro(schema).read(tree);
  }
}
