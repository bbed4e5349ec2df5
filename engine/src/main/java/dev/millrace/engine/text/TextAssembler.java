package dev.millrace.engine.text;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;

/**
 * Joins bytes to characters the way the reference decoders do.
 *
 * <p>Ordinary bytes: what is not UTF-8 becomes one U+FFFD per maximal part, as in the decoder of
 * the WHATWG Encoding Standard (Java's own counts otherwise for surrogates), and an unfinished
 * character waits. Byte tokens of a SentencePiece vocabulary: a run of them is UTF-8 as a whole or
 * becomes one U+FFFD per byte.
 */
final class TextAssembler {
  private static final char REPLACEMENT = '\uFFFD';
  private static final int LOWEST = 0x80;
  private static final int HIGHEST = 0xBF;

  private final StringBuilder text = new StringBuilder();
  private final ByteArrayOutputStream run = new ByteArrayOutputStream();
  private boolean leadingSpaceExpected;

  /** The unfinished character: its bits so far, the bytes it lacks, and what the next may be. */
  private int codePoint;

  private int lacking;
  private int lowest = LOWEST;
  private int highest = HIGHEST;

  TextAssembler(boolean stripsLeadingSpace) {
    leadingSpaceExpected = stripsLeadingSpace;
  }

  void append(byte next, boolean fallback) {
    if (fallback) {
      run.write(next);
    } else {
      endRun();
      append(next & 0xFF);
    }
  }

  /** No more bytes come: what is unfinished is malformed. */
  void end() {
    endRun();
    if (lacking > 0) {
      replace();
    }
  }

  /** The text since the last call. */
  String take() {
    if (leadingSpaceExpected && !text.isEmpty()) {
      leadingSpaceExpected = false;
      if (text.charAt(0) == ' ') {
        text.deleteCharAt(0);
      }
    }
    String piece = text.toString();
    text.setLength(0);
    return piece;
  }

  private void append(int next) {
    if (lacking == 0) {
      begin(next);
    } else if (next < lowest || next > highest) {
      replace();
      begin(next);
    } else {
      proceed(next);
    }
  }

  private void begin(int next) {
    if (next < 0x80) {
      text.append((char) next);
    } else if (next >= 0xC2 && next <= 0xDF) {
      expect(1, next & 0x1F);
    } else if (next >= 0xE0 && next <= 0xEF) {
      expect(2, next & 0x0F);
      lowest = next == 0xE0 ? 0xA0 : LOWEST; // no overlong forms
      highest = next == 0xED ? 0x9F : HIGHEST; // no surrogates
    } else if (next >= 0xF0 && next <= 0xF4) {
      expect(3, next & 0x07);
      lowest = next == 0xF0 ? 0x90 : LOWEST;
      highest = next == 0xF4 ? 0x8F : HIGHEST; // nothing beyond U+10FFFF
    } else {
      text.append(REPLACEMENT);
    }
  }

  private void expect(int bytes, int bits) {
    lacking = bytes;
    codePoint = bits;
  }

  private void proceed(int next) {
    codePoint = codePoint << 6 | (next & 0x3F);
    lowest = LOWEST;
    highest = HIGHEST;
    if (--lacking == 0) {
      text.appendCodePoint(codePoint);
    }
  }

  private void replace() {
    text.append(REPLACEMENT);
    lacking = 0;
    lowest = LOWEST;
    highest = HIGHEST;
  }

  private void endRun() {
    if (run.size() == 0) {
      return;
    }
    try {
      text.append(UTF_8.newDecoder().decode(ByteBuffer.wrap(run.toByteArray())));
    } catch (CharacterCodingException notText) {
      text.append(String.valueOf(REPLACEMENT).repeat(run.size()));
    }
    run.reset();
  }
}
