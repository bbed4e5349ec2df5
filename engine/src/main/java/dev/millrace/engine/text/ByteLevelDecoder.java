package dev.millrace.engine.text;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * Byte-level BPE as in GPT-2 and Llama 3: every byte is spelt as one printable character. Printable
 * Latin-1 characters stand for themselves; the other 68 bytes are U+0100 and following, in order.
 */
record ByteLevelDecoder() implements TokenDecoder {
  private static final int NOT_A_BYTE = -1;
  private static final int[] BYTE_OF_CHARACTER = byteOfCharacter();

  private static int[] byteOfCharacter() {
    int[] table = new int[0x100 + 68];
    Arrays.fill(table, NOT_A_BYTE);
    int next = 0x100;
    for (int value = 0; value < 0x100; value++) {
      table[isPrintable(value) ? value : next++] = value;
    }
    return table;
  }

  private static boolean isPrintable(int value) {
    return (value >= '!' && value <= '~')
        || (value >= 0xA1 && value <= 0xAC)
        || (value >= 0xAE && value <= 0xFF);
  }

  /** A token with a character outside the alphabet stands for its own UTF-8. */
  @Override
  public byte[] bytes(String token) {
    byte[] bytes = new byte[token.length()];
    for (int i = 0; i < bytes.length; i++) {
      char c = token.charAt(i);
      int value = c < BYTE_OF_CHARACTER.length ? BYTE_OF_CHARACTER[c] : NOT_A_BYTE;
      if (value == NOT_A_BYTE) {
        return token.getBytes(UTF_8);
      }
      bytes[i] = (byte) value;
    }
    return bytes;
  }

  @Override
  public boolean isByteFallback(String token) {
    return false;
  }

  @Override
  public LeadingSpace leadingSpace() {
    return LeadingSpace.KEPT;
  }
}
