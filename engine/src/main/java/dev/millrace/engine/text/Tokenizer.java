package dev.millrace.engine.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.millrace.engine.CheckpointException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * A checkpoint's own tokenizer: text to token ids and back, equal to the reference library's, whose
 * native code does the work. Nothing is truncated or padded, whatever tokenizer.json asks for.
 *
 * <p>Safe for all threads until it is closed.
 */
public final class Tokenizer implements AutoCloseable {
  private static final TokenizersLibrary NATIVE = TokenizersLibrary.LIB;

  /** In a SentencePiece vocabulary a token of its own that never merges with what follows. */
  private static final String BARRIER = "\n";

  /** Half a character, which UTF-8 cannot carry to the native library. */
  private static final Pattern LONE_SURROGATE = Pattern.compile("\\p{Cs}");

  static {
    // DJL would otherwise report its use to a server when it runs on certain clouds.
    System.setProperty("OPT_OUT_TRACKING", "true");
  }

  private final HuggingFaceTokenizer tokenizer;
  private final Vocabulary vocabulary;
  private final WordCache words;
  private final Optional<TextAffixes> affixes;
  private final int[] before;
  private final int[] after;
  private final int[] barrier;

  private Tokenizer(
      HuggingFaceTokenizer tokenizer,
      Vocabulary vocabulary,
      Optional<TextAffixes> affixes,
      Path checkpoint) {
    this.tokenizer = tokenizer;
    this.vocabulary = vocabulary;
    this.words =
        new WordCache(
            text -> encodeAtOnce(text, false),
            AddedTokens.of(vocabulary.addedTokens()),
            vocabulary.wordPattern());
    this.affixes = affixes;
    this.before = ids(affixes.flatMap(TextAffixes::before), checkpoint);
    this.after = ids(affixes.flatMap(TextAffixes::after), checkpoint);
    this.barrier = encode(BARRIER, false);
  }

  /**
   * Loads {@code tokenizer.json} of a checkpoint directory.
   *
   * @throws CheckpointException if it is missing, malformed or of a kind that is not supported
   */
  public static Tokenizer load(Path checkpoint) {
    Vocabulary vocabulary = Vocabulary.load(checkpoint);
    Optional<TextAffixes> affixes = TokenizerConfig.read(checkpoint).affixes();
    Path file = checkpoint.resolve(TokenizerFile.NAME);
    Map<String, String> options = Map.of("truncation", "do_not_truncate", "padding", "do_not_pad");
    try {
      return new Tokenizer(
          HuggingFaceTokenizer.newInstance(file, options), vocabulary, affixes, checkpoint);
    } catch (CheckpointException refused) {
      throw refused;
    } catch (IOException | RuntimeException refused) {
      throw new CheckpointException(file + " cannot be loaded: " + refused.getMessage(), refused);
    }
  }

  public Vocabulary vocabulary() {
    return vocabulary;
  }

  /**
   * The tokens of a text. Special tokens written in the text are recognised as such, as the
   * reference does: a raw prompt is its producer's own template.
   *
   * @param addSpecialTokens whether to add what the tokenizer puts round a text, such as BOS
   */
  public int[] encode(String text, boolean addSpecialTokens) {
    String unicode = unicode(text);
    if (!addSpecialTokens) {
      return vocabulary.isCutBeforeSpaces() ? words.encode(unicode) : encodeAtOnce(unicode, false);
    }
    return affixes.isEmpty()
        ? encodeAtOnce(unicode, true)
        : withAffixes(encodeAtOnce(unicode, false));
  }

  /** The same in one call of the native library. */
  int[] encodeAtOnce(String unicode, boolean addSpecialTokens) {
    // DJL's own encode() also fetches offsets, words and masks, which takes longer than encoding.
    long encoding = NATIVE.encode(tokenizer.getHandle(), unicode, addSpecialTokens);
    try {
      return ids(NATIVE.getTokenIds(encoding));
    } finally {
      NATIVE.deleteEncoding(encoding);
    }
  }

  /** The tokens of a rendered conversation, in which special tokens typed by users stay text. */
  public int[] encode(RenderedPrompt prompt) {
    if (prompt.segments().size() == 1) {
      return encode(prompt.segments().get(0), false);
    }
    IntStream ids = IntStream.empty();
    for (int i = 0; i < prompt.segments().size(); i++) {
      String segment = prompt.segments().get(i);
      ids = IntStream.concat(ids, Arrays.stream(i == 0 ? encode(segment, false) : resume(segment)));
    }
    return ids.toArray();
  }

  /**
   * The text of tokens; bytes that are not UTF-8 become U+FFFD. The clean-up of spaces that some
   * tokenizer_config.json ask of the reference library is left out: it changes the model's words.
   */
  public String decode(int[] tokens, boolean skipSpecialTokens) {
    long[] ids = Arrays.stream(tokens).asLongStream().toArray();
    return tokenizer.decode(ids, skipSpecialTokens);
  }

  @Override
  public void close() {
    tokenizer.close();
  }

  /**
   * The tokens of a text that goes on within a word. A SentencePiece tokenizer would put a space
   * before it; with a barrier in front the space goes there, and both are dropped.
   */
  private int[] resume(String text) {
    int[] ids = encode(BARRIER + text, false);
    boolean barrierKept =
        ids.length >= barrier.length
            && Arrays.equals(ids, 0, barrier.length, barrier, 0, barrier.length);
    return barrierKept ? Arrays.copyOfRange(ids, barrier.length, ids.length) : encode(text, false);
  }

  private static String unicode(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return LONE_SURROGATE.matcher(text).replaceAll("\uFFFD");
      }
    }
    return text;
  }

  private int[] withAffixes(int[] ids) {
    return IntStream.concat(
            IntStream.concat(Arrays.stream(before), Arrays.stream(ids)), Arrays.stream(after))
        .toArray();
  }

  private int[] ids(Optional<String> token, Path checkpoint) {
    return token
        .map(
            name ->
                new int[] {
                  vocabulary
                      .id(name)
                      .orElseThrow(
                          () ->
                              new CheckpointException(
                                  checkpoint
                                      + ": tokenizer_config.json names the token "
                                      + name
                                      + ", which tokenizer.json lacks"))
                })
        .orElse(new int[0]);
  }

  private static int[] ids(long[] ids) {
    return LongStream.of(ids).mapToInt(Math::toIntExact).toArray();
  }
}
