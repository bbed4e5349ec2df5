package dev.millrace.job.event;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.job.task.EnrichedSchema;
import dev.millrace.job.task.TaskKind;
import dev.millrace.schema.AvroTree;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.RecordFormatException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/**
 * Events in Avro's single-object encoding: C3 01, the fingerprint of the schema, the body.
 *
 * <p>A record's body is its fields one after the other. So an event gets further fields by writing
 * them after its body, which stays as it is, and by naming the schema that has them.
 */
final class AvroEvents implements EventFormat {
  private static final int HEADER_BYTES = 10;

  /** A schema that events are written with, and the one they have with further fields. */
  private record Known(Schema written, Optional<EnrichedSchema> enriched) {}

  private final Map<Long, Known> byFingerprint = new HashMap<>();

  private AvroEvents() {}

  static AvroEvents of(List<Schema> schemas) {
    AvroEvents events = new AvroEvents();
    schemas.forEach(schema -> events.add(schema, Optional.empty()));
    return events;
  }

  static AvroEvents enriched(List<Schema> schemas, TaskKind.Enrich kind) {
    AvroEvents events = new AvroEvents();
    schemas.forEach(schema -> events.add(schema, Optional.of(EnrichedSchema.of(schema, kind))));
    return events;
  }

  private void add(Schema schema, Optional<EnrichedSchema> enriched) {
    byFingerprint.put(
        SchemaNormalization.parsingFingerprint64(schema), new Known(schema, enriched));
  }

  @Override
  public JsonNode read(byte[] event) throws RecordFormatException {
    Known known = known(event);
    BinaryDecoder decoder =
        DecoderFactory.get().binaryDecoder(event, HEADER_BYTES, event.length - HEADER_BYTES, null);
    IndexedRecord record;
    try {
      record = new GenericDatumReader<IndexedRecord>(known.written()).read(null, decoder);
      if (!decoder.isEnd()) {
        throw damaged("bytes are left over after the record", null);
      }
    } catch (IOException | RuntimeException e) {
      throw damaged(e.getMessage(), e);
    }
    return AvroTree.of(record);
  }

  @Override
  public byte[] append(byte[] event, ObjectNode fields) throws RecordFormatException {
    EnrichedSchema enriched = known(event).enriched().orElseThrow();
    IndexedRecord values = AvroTree.toRecord(fields, enriched.addedFields());
    ByteArrayOutputStream out = new ByteArrayOutputStream(event.length + 64);
    out.write(event, 0, 2);
    out.writeBytes(
        ByteBuffer.allocate(Long.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(SchemaNormalization.parsingFingerprint64(enriched.whole()))
            .array());
    out.write(event, HEADER_BYTES, event.length - HEADER_BYTES);
    write(values, enriched.addedFields(), out);
    return out.toByteArray();
  }

  private Known known(byte[] event) throws RecordFormatException {
    if (!RecordCodec.isSingleObject(event) || event.length < HEADER_BYTES) {
      throw new RecordFormatException(
          ErrorCode.UNDECODABLE,
          "the event is not in Avro single-object encoding, which starts with C3 01");
    }
    long fingerprint = ByteBuffer.wrap(event).order(ByteOrder.LITTLE_ENDIAN).getLong(2);
    Known known = byFingerprint.get(fingerprint);
    if (known == null) {
      throw new RecordFormatException(
          ErrorCode.UNKNOWN_SCHEMA,
          "none of the task's schemas has the fingerprint %016x: add the event's to them"
              .formatted(fingerprint));
    }
    return known;
  }

  private static void write(IndexedRecord values, Schema schema, ByteArrayOutputStream out) {
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    try {
      new GenericDatumWriter<IndexedRecord>(schema).write(values, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a byte array does not fail
    }
  }

  private static RecordFormatException damaged(String why, Throwable cause) {
    return new RecordFormatException(
        ErrorCode.UNDECODABLE, "the event's Avro body is damaged: " + why, cause);
  }
}
