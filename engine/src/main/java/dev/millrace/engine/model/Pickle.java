package dev.millrace.engine.model;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Writes the few instructions of Python's pickle protocol 2 that a TorchScript archive needs. The
 * methods are named after the instructions.
 *
 * @see <a href="https://docs.python.org/3/library/pickletools.html">pickletools</a>
 */
final class Pickle {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  Pickle() {
    out.writeBytes(new byte[] {(byte) 0x80, 2}); // PROTO 2
  }

  Pickle global(String module, String name) {
    return ascii("c" + module + "\n" + name + "\n");
  }

  Pickle mark() {
    return ascii("(");
  }

  Pickle emptyTuple() {
    return ascii(")");
  }

  /** Everything since the mark. */
  Pickle tuple() {
    return ascii("t");
  }

  Pickle emptyDict() {
    return ascii("}");
  }

  Pickle emptyList() {
    return ascii("]");
  }

  /** Everything since the mark, onto the list below it. */
  Pickle appends() {
    return ascii("e");
  }

  /** Pairs since the mark, into the dictionary below it. */
  Pickle setItems() {
    return ascii("u");
  }

  /** Calls the function below the tuple of arguments. */
  Pickle reduce() {
    return ascii("R");
  }

  Pickle newObject() {
    out.write(0x81);
    return this;
  }

  /** Gives the object below the state on top. */
  Pickle build() {
    return ascii("b");
  }

  /** Asks the reader for the object that the tuple on top describes. */
  Pickle persistentId() {
    return ascii("Q");
  }

  /** In four bytes where they hold it: some readers want sizes to be so. */
  Pickle integer(long value) {
    if (value == (int) value) {
      return ascii("J").bytes(little((int) value));
    }
    out.write(0x8A);
    out.write(Long.BYTES);
    return bytes(
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }

  Pickle number(double value) {
    return ascii("G").bytes(ByteBuffer.allocate(Double.BYTES).putDouble(value).array());
  }

  Pickle bool(boolean value) {
    out.write(value ? 0x88 : 0x89);
    return this;
  }

  Pickle string(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    return ascii("X").bytes(little(utf8.length)).bytes(utf8);
  }

  byte[] stop() {
    ascii(".");
    return out.toByteArray();
  }

  private static byte[] little(int value) {
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  private Pickle ascii(String instruction) {
    out.writeBytes(instruction.getBytes(StandardCharsets.US_ASCII));
    return this;
  }

  private Pickle bytes(byte[] operand) {
    out.writeBytes(operand);
    return this;
  }
}
