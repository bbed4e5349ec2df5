package dev.millrace.schema;

import java.nio.ByteBuffer;

/**
 * The framing of Confluent's serializers and of all that are compatible with them: a zero byte, the
 * id that a schema registry gave the schema as 4 bytes, the Avro body.
 *
 * <p>The body is that of single-object encoding, so that a record changes its framing without being
 * read.
 */
public final class RegistryFrame {
  /** What stands before the body. */
  public static final int HEADER_BYTES = 1 + Integer.BYTES;

  private static final byte MAGIC = 0;

  private RegistryFrame() {}

  /** Whether these bytes claim to be framed so; neither JSON nor single-object encoding does. */
  public static boolean isFramed(byte[] bytes) {
    return bytes.length >= HEADER_BYTES && bytes[0] == MAGIC;
  }

  /** The id of the schema that a framed record was written with. */
  public static int id(byte[] framed) {
    return ByteBuffer.wrap(framed).getInt(1);
  }

  /** What stands before a body of the schema with the id. */
  public static byte[] header(int id) {
    return ByteBuffer.allocate(HEADER_BYTES).put(MAGIC).putInt(id).array();
  }

  /** The same record in this framing. */
  public static byte[] ofSingleObject(byte[] singleObject, int id) {
    int body = singleObject.length - RecordCodec.HEADER_BYTES;
    return ByteBuffer.allocate(HEADER_BYTES + body)
        .put(MAGIC)
        .putInt(id)
        .put(singleObject, RecordCodec.HEADER_BYTES, body)
        .array();
  }
}
