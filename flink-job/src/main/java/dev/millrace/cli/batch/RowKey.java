package dev.millrace.cli.batch;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What joins a row with its outcome: 64 bits of a SHA-256 over the file's name, the row's number
 * and its content. A row that was changed is another row, so its old outcome no longer counts; ten
 * million rows have two of the same key with a chance of one in 370,000.
 */
record RowKey(long bits) {
  private static final HexFormat HEX = HexFormat.of();

  /**
   * @param file the file's name within the input
   * @param number the row's place in the file, from 0
   */
  static RowKey of(String file, long number, Row row) {
    MessageDigest digest = sha256();
    digest.update(file.getBytes(UTF_8));
    digest.update((byte) 0);
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(number).flip());
    byte[] hash = digest.digest(row.text().getBytes(UTF_8));
    return new RowKey(ByteBuffer.wrap(hash).getLong());
  }

  /**
   * @throws NumberFormatException if the text is no key
   */
  static RowKey parse(CharSequence text) {
    return new RowKey(HexFormat.fromHexDigitsToLong(text));
  }

  /** 16 hexadecimal digits. */
  @Override
  public String toString() {
    return HEX.toHexDigits(bits);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
