package dev.millrace.job.record;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Bytes with equality by content. Immutable by agreement: whoever wraps an array or takes it out
 * leaves it as it is, so that megabytes of documents are not copied at every step of the way.
 */
public final class Bytes {
  private static final int SHOWN_BYTES = 16;

  private final byte[] array;

  private Bytes(byte[] array) {
    this.array = array;
  }

  /** Wraps the array without a copy; it must not change any more. */
  public static Bytes of(byte[] array) {
    return new Bytes(requireNonNull(array, "array"));
  }

  /** The text in UTF-8. */
  public static Bytes utf8(String text) {
    return new Bytes(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The array itself, not a copy; it must not be changed. */
  public byte[] array() {
    return array;
  }

  /** A view for Avro, which reads from position to limit. */
  public ByteBuffer buffer() {
    return ByteBuffer.wrap(array);
  }

  public int size() {
    return array.length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bytes that && Arrays.equals(array, that.array);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(array);
  }

  @Override
  public String toString() {
    return "%d bytes %s%s"
        .formatted(
            array.length,
            HexFormat.of().formatHex(array, 0, Math.min(SHOWN_BYTES, array.length)),
            array.length > SHOWN_BYTES ? "..." : "");
  }
}
