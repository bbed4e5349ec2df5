package dev.millrace.engine.text;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.regex.Pattern;

/**
 * BPE as SentencePiece writes it, in Llama 2 and Mistral: U+2581 is a space, and a character that
 * is not in the vocabulary is spelt by tokens such as {@code <0xE4>}, one per byte.
 */
record SentencePieceDecoder(LeadingSpace leadingSpace, boolean fallsBackToBytes)
    implements TokenDecoder {
  static final String SPACE = "\u2581";
  private static final Pattern BYTE = Pattern.compile("<0x[0-9A-Fa-f]{2}>");

  @Override
  public byte[] bytes(String token) {
    if (isByteFallback(token)) {
      return new byte[] {(byte) Integer.parseInt(token, 3, 5, 16)};
    }
    return token.replace(SPACE, " ").getBytes(UTF_8);
  }

  @Override
  public boolean isByteFallback(String token) {
    return fallsBackToBytes && BYTE.matcher(token).matches();
  }
}
