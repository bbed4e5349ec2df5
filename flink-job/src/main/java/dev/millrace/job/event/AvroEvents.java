package dev.millrace.job.event;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.job.record.Bytes;
import dev.millrace.job.registry.RefusedSchemaException;
import dev.millrace.job.registry.SchemaDirectory;
import dev.millrace.job.task.EnrichedSchema;
import dev.millrace.job.task.TaskKind;
import dev.millrace.schema.AvroTree;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.RecordFormatException;
import dev.millrace.schema.RegistryFrame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.AvroRuntimeException;
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
 * Events in Avro's single-object encoding (C3 01, the fingerprint of the schema, the body) of the
 * schemas that the task names, or in a schema registry's framing (00, an id, the body) of any.
 *
 * <p>A record's body is its fields one after the other. So an event gets further fields by writing
 * them after its body, which stays as it is, and by naming the schema that has them.
 */
final class AvroEvents implements EventFormat {
  private static final int HEADER_BYTES = 10;

  /**
   * A schema that events are written with.
   *
   * @param headerBytes what stands before such an event's body
   * @param enriched the schema with further fields
   * @param enrichedHeader what stands before the body of an event that has them
   */
  private record Known(
      Schema written, int headerBytes, Optional<EnrichedSchema> enriched, Bytes enrichedHeader) {}

  private final Map<Long, Known> byFingerprint = new HashMap<>();
  private final Map<Integer, Known> byId = new ConcurrentHashMap<>();
  private final Optional<TaskKind.Enrich> kind;
  private final SchemaDirectory registry;

  private AvroEvents(Optional<TaskKind.Enrich> kind, SchemaDirectory registry) {
    this.kind = requireNonNull(kind, "kind");
    this.registry = requireNonNull(registry, "registry");
  }

  /** Events to read. */
  static AvroEvents of(List<Schema> schemas, SchemaDirectory registry) {
    return new AvroEvents(Optional.empty(), registry).with(schemas);
  }

  /** Events to read, and to add a task's fields to. */
  static AvroEvents enriched(List<Schema> schemas, TaskKind.Enrich kind, SchemaDirectory registry) {
    return new AvroEvents(Optional.of(kind), registry).with(schemas);
  }

  private AvroEvents with(List<Schema> schemas) {
    for (Schema schema : schemas) {
      Optional<EnrichedSchema> enriched = kind.map(fields -> EnrichedSchema.of(schema, fields));
      byte[] header = enriched.map(both -> singleObjectHeader(both.whole())).orElse(new byte[0]);
      byFingerprint.put(
          SchemaNormalization.parsingFingerprint64(schema),
          new Known(schema, HEADER_BYTES, enriched, Bytes.of(header)));
    }
    return this;
  }

  private static byte[] singleObjectHeader(Schema schema) {
    return ByteBuffer.allocate(HEADER_BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put((byte) 0xC3)
        .put((byte) 1)
        .putLong(SchemaNormalization.parsingFingerprint64(schema))
        .array();
  }

  @Override
  public JsonNode read(byte[] event) throws RecordFormatException {
    Known known = known(event);
    int body = known.headerBytes();
    BinaryDecoder decoder =
        DecoderFactory.get().binaryDecoder(event, body, event.length - body, null);
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
    Known known = known(event);
    EnrichedSchema enriched = known.enriched().orElseThrow();
    IndexedRecord values = AvroTree.toRecord(fields, enriched.addedFields());
    ByteArrayOutputStream out = new ByteArrayOutputStream(event.length + 64);
    out.writeBytes(known.enrichedHeader().array());
    out.write(event, known.headerBytes(), event.length - known.headerBytes());
    write(values, enriched.addedFields(), out);
    return out.toByteArray();
  }

  private Known known(byte[] event) throws RecordFormatException {
    if (RegistryFrame.isFramed(event)) {
      return ofId(RegistryFrame.id(event));
    }
    if (!RecordCodec.isSingleObject(event) || event.length < HEADER_BYTES) {
      throw new RecordFormatException(
          ErrorCode.UNDECODABLE,
          "the event is neither in Avro single-object encoding, which starts with C3 01, nor in a registry's framing, which starts with 00");
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

  private Known ofId(int id) throws RecordFormatException {
    Known known = byId.get(id);
    if (known == null) {
      known = ask(id);
      byId.put(id, known);
    }
    return known;
  }

  private Known ask(int id) throws RecordFormatException {
    Schema written = registry.find(id);
    if (written.getType() != Schema.Type.RECORD) {
      throw incompatible(id, "it is a " + written.getType() + ", an event is a record", null);
    }
    try {
      Optional<EnrichedSchema> enriched = kind.map(fields -> EnrichedSchema.of(written, fields));
      byte[] header = new byte[0];
      if (enriched.isPresent() && kind.get().topic().isPresent()) {
        String topic = kind.get().topic().get();
        header = RegistryFrame.header(registry.idOf(topic, enriched.get().whole()));
      }
      return new Known(written, RegistryFrame.HEADER_BYTES, enriched, Bytes.of(header));
    } catch (RefusedSchemaException | IllegalArgumentException | AvroRuntimeException e) {
      throw incompatible(id, e.getMessage(), e);
    }
  }

  private static RecordFormatException incompatible(int id, String why, Throwable cause) {
    return new RecordFormatException(
        ErrorCode.INCOMPATIBLE_SCHEMA,
        "events of the registry's schema with id %d cannot be taken: %s".formatted(id, why),
        cause);
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
