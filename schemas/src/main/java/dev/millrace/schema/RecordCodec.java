package dev.millrace.schema;

import static java.util.Objects.requireNonNull;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * One record type in Avro's single-object encoding: the two bytes C3 01, the schema's 64-bit
 * fingerprint in little endian, the Avro body.
 *
 * <p>Writes the current schema; reads every version of the {@link SchemaHistory}, and, where there
 * are {@link WriterSchemas}, a {@link RegistryFrame} of any schema that the current one can be read
 * from. Safe for use by many threads.
 *
 * @param <T> the record
 */
public final class RecordCodec<T extends SpecificRecordBase> {
  static final int HEADER_BYTES = 10;
  private static final byte MARKER_0 = (byte) 0xC3;
  private static final byte MARKER_1 = 0x01;

  private final Schema schema;
  private final SchemaHistory history;
  private final byte[] header;
  private final SpecificDatumWriter<T> writer;
  private final WriterSchemas registry;
  private final Map<Long, SpecificDatumReader<T>> readers = new ConcurrentHashMap<>();
  private final Map<Integer, SpecificDatumReader<T>> framedReaders = new ConcurrentHashMap<>();

  private RecordCodec(Class<T> type, WriterSchemas registry) {
    this.registry = requireNonNull(registry, "registry");
    this.schema = ContractData.INSTANCE.getSchema(type);
    this.history = SchemaHistory.of(schema);
    this.header =
        ByteBuffer.allocate(HEADER_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(MARKER_0)
            .put(MARKER_1)
            .putLong(SchemaNormalization.parsingFingerprint64(schema))
            .array();
    this.writer = new SpecificDatumWriter<>(schema, ContractData.INSTANCE);
  }

  /** The codec of a generated record class. */
  public static <T extends SpecificRecordBase> RecordCodec<T> of(Class<T> type) {
    return of(type, WriterSchemas.none());
  }

  /** The codec of a generated record class, which reads a registry's framing as well. */
  public static <T extends SpecificRecordBase> RecordCodec<T> of(
      Class<T> type, WriterSchemas registry) {
    return new RecordCodec<>(requireNonNull(type, "type"), registry);
  }

  /** Whether these bytes claim to be single-object encoding. */
  public static boolean isSingleObject(byte[] bytes) {
    return bytes.length >= 2 && bytes[0] == MARKER_0 && bytes[1] == MARKER_1;
  }

  /** Encodes with the current schema. */
  public byte[] encode(T value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    out.writeBytes(header);
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    try {
      writer.write(value, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a byte array does not fail
    }
    return out.toByteArray();
  }

  /**
   * Decodes any known version into the current one.
   *
   * @throws RecordFormatException with {@link ErrorCode#UNDECODABLE} if the bytes are in no framing
   *     or the body is damaged, {@link ErrorCode#UNKNOWN_SCHEMA} if no known version has the
   *     fingerprint or the registry has no such id, {@link ErrorCode#INCOMPATIBLE_SCHEMA} if the
   *     registry's schema is that of something else
   */
  public T decode(byte[] bytes) throws RecordFormatException {
    if (RegistryFrame.isFramed(bytes)) {
      return read(framedReader(RegistryFrame.id(bytes)), bytes, RegistryFrame.HEADER_BYTES);
    }
    if (!isSingleObject(bytes) || bytes.length < HEADER_BYTES) {
      throw undecodable("it does not start with an Avro single-object header", null);
    }
    long fingerprint = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(2);
    return read(reader(fingerprint), bytes, HEADER_BYTES);
  }

  private T read(SpecificDatumReader<T> reader, byte[] bytes, int body)
      throws RecordFormatException {
    BinaryDecoder decoder =
        DecoderFactory.get().binaryDecoder(bytes, body, bytes.length - body, null);
    T value;
    try {
      value = reader.read(null, decoder);
      if (!decoder.isEnd()) {
        throw undecodable("bytes are left over after the record", null);
      }
    } catch (IOException | RuntimeException e) {
      // Avro reports damage in many ways: EOF, malformed lengths, class casts, limits.
      throw undecodable("its body is damaged (" + e.getMessage() + ")", e);
    }
    return value;
  }

  private SpecificDatumReader<T> reader(long fingerprint) throws RecordFormatException {
    SpecificDatumReader<T> known = readers.get(fingerprint);
    if (known != null) {
      return known;
    }
    Schema written =
        history
            .find(fingerprint)
            .orElseThrow(
                () ->
                    new RecordFormatException(
                        ErrorCode.UNKNOWN_SCHEMA,
                        "no version of %s has the fingerprint %016x: write with one of the %d versions this job knows, or upgrade the job first"
                            .formatted(
                                schema.getFullName(), fingerprint, history.versions().size())));
    return readers.computeIfAbsent(
        fingerprint, ignored -> new SpecificDatumReader<>(written, schema, ContractData.INSTANCE));
  }

  private SpecificDatumReader<T> framedReader(int id) throws RecordFormatException {
    SpecificDatumReader<T> known = framedReaders.get(id);
    if (known != null) {
      return known;
    }
    Schema written = registry.find(id);
    requireCompatible(id, written);
    return framedReaders.computeIfAbsent(
        id, ignored -> new SpecificDatumReader<>(written, schema, ContractData.INSTANCE));
  }

  private void requireCompatible(int id, Schema written) throws RecordFormatException {
    SchemaCompatibility.SchemaCompatibilityResult result =
        SchemaCompatibility.checkReaderWriterCompatibility(schema, written).getResult();
    if (result.getCompatibility() != SchemaCompatibility.SchemaCompatibilityType.COMPATIBLE) {
      throw new RecordFormatException(
          ErrorCode.INCOMPATIBLE_SCHEMA,
          "the registry's schema with id %d, %s, cannot be read as a %s: %s"
              .formatted(
                  id,
                  written.getFullName(),
                  schema.getName(),
                  result.getIncompatibilities().stream()
                      .map(
                          difference -> difference.getMessage() + " at " + difference.getLocation())
                      .collect(Collectors.joining("; "))));
    }
  }

  private RecordFormatException undecodable(String why, Throwable cause) {
    return new RecordFormatException(
        ErrorCode.UNDECODABLE, "the value is no " + schema.getName() + ": " + why, cause);
  }
}
