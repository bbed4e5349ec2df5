package dev.millrace.engine.text;

/** How the tokens of one tokenizer.json spell bytes. */
sealed interface TokenDecoder permits ByteLevelDecoder, SentencePieceDecoder {

  /** The bytes that a token, as spelt in the file, adds to a text. */
  byte[] bytes(String token);

  boolean isByteFallback(String token);

  LeadingSpace leadingSpace();
}
