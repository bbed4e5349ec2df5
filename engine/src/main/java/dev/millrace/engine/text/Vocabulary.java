package dev.millrace.engine.text;

import dev.millrace.engine.CheckpointException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which bytes each token id stands for, read from a checkpoint's tokenizer.json.
 *
 * <p>A token is a piece of UTF-8 that need not begin or end at a character. The bytes of a sequence
 * of tokens, joined, are the text they decode to ({@link Detokenizer} has the fine print). Ids
 * without a token, among them those a model pads its embedding with, stand for no bytes, as in the
 * reference decoder. Immutable and safe for all threads.
 */
public final class Vocabulary {
  private static final byte[] NO_BYTES = {};

  private final byte[][] bytes;
  private final BitSet special = new BitSet();
  private final BitSet byteFallback = new BitSet();
  private final Map<String, Integer> ids;
  private final Set<AddedToken> addedTokens;
  private final boolean cutBeforeSpaces;
  private final Optional<Pattern> wordPattern;
  private final LeadingSpace leadingSpace;

  private Vocabulary(TokenizerFile file) {
    ids = file.ids();
    addedTokens = new LinkedHashSet<>(file.addedTokens());
    bytes = new byte[file.size()][];
    TokenDecoder decoder = file.decoder();
    cutBeforeSpaces = file.cutsBeforeSpaces();
    wordPattern = file.wordPattern();
    leadingSpace = decoder.leadingSpace();
    ids.forEach(
        (token, id) -> {
          bytes[id] = decoder.bytes(token);
          byteFallback.set(id, decoder.isByteFallback(token));
        });
    addedTokens.stream().filter(AddedToken::special).forEach(token -> special.set(token.id()));
  }

  /**
   * Reads {@code tokenizer.json} of a checkpoint directory.
   *
   * @throws CheckpointException if the file is missing or malformed, or its model or decoder is not
   *     byte-level BPE or BPE with byte fallback
   */
  public static Vocabulary load(Path checkpoint) {
    return new Vocabulary(TokenizerFile.read(checkpoint.resolve(TokenizerFile.NAME)));
  }

  /** The highest id plus one. */
  public int size() {
    return bytes.length;
  }

  /**
   * The bytes a token adds to the text; shared, not to be modified. A special token has the bytes
   * of its name, which {@link Detokenizer} leaves out.
   *
   * @throws IllegalArgumentException if {@code token} is negative
   */
  public byte[] bytes(int token) {
    if (token < 0) {
      throw new IllegalArgumentException("token " + token + " is negative");
    }
    return token < bytes.length && bytes[token] != null ? bytes[token] : NO_BYTES;
  }

  /** Whether the token steers the model and is no text, such as {@code <|eot_id|>}. */
  public boolean isSpecial(int token) {
    return special.get(token);
  }

  /** The id of a token by its name in tokenizer.json, in the file's own spelling of bytes. */
  public OptionalInt id(String token) {
    Integer id = ids.get(token);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** Names of the special tokens, in the file's order. */
  public Set<String> specialTokens() {
    return addedTokens.stream()
        .filter(AddedToken::special)
        .map(AddedToken::content)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** Every token that is recognised in a text before it is split, special or not. */
  Set<AddedToken> addedTokens() {
    return addedTokens;
  }

  /** Whether the token is one raw byte such as {@code <0xE4>}, of which runs decode together. */
  boolean isByteFallback(int token) {
    return byteFallback.get(token);
  }

  /** Whether decoding drops a space at the start of the text, which encoding had put there. */
  public boolean isLeadingSpaceStripped() {
    return leadingSpace != LeadingSpace.KEPT;
  }

  LeadingSpace leadingSpace() {
    return leadingSpace;
  }

  /** See {@link TokenizerFile#cutsBeforeSpaces()}. */
  boolean isCutBeforeSpaces() {
    return cutBeforeSpaces;
  }

  /** See {@link TokenizerFile#wordPattern()}. */
  Optional<Pattern> wordPattern() {
    return wordPattern;
  }
}
