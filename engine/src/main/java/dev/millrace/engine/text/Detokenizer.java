package dev.millrace.engine.text;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;

/**
 * Turns one sequence's tokens into text as they come.
 *
 * <p>{@link #append} returns the text that has become certain: whole characters only, no special
 * tokens, and nothing that may turn out to begin a stop string. All pieces together are what {@link
 * Tokenizer#decode} says of all tokens, cut before the first stop string. Bytes that are not UTF-8
 * become U+FFFD as the reference decoder has it. Each byte is looked at once, however long the
 * text. Not thread-safe.
 *
 * <p>In SentencePiece vocabularies a run of byte tokens ({@code <0xE4>}...) is text only if the
 * whole run is UTF-8, so it is returned when the run ends. A stop string within it is seen at once
 * all the same.
 */
public final class Detokenizer {
  private final Vocabulary vocabulary;
  private final StopStrings.Matcher stops;
  private final TextAssembler text;

  /** Bytes that may begin a stop string, and whether each came from a byte token. */
  private byte[] held = new byte[16];

  private boolean[] heldFallback = new boolean[16];
  private int heldCount;
  private boolean stopped;
  private boolean first = true;

  public Detokenizer(Vocabulary vocabulary, StopStrings stops) {
    this.vocabulary = requireNonNull(vocabulary);
    this.stops = stops.matcher();
    this.text = new TextAssembler(vocabulary.leadingSpace() == LeadingSpace.STRIPPED);
  }

  /**
   * Takes the next token and returns the text that is now certain, often empty.
   *
   * @throws IllegalStateException if a stop string has already ended the text
   */
  public String append(int token) {
    if (stopped) {
      throw new IllegalStateException("token " + token + " comes after a stop string");
    }
    if (vocabulary.isSpecial(token)) {
      return "";
    }
    boolean fallback = vocabulary.isByteFallback(token);
    boolean unspaced = first && vocabulary.leadingSpace() == LeadingSpace.STRIPPED_FROM_FIRST_TOKEN;
    first = false;
    for (byte next : vocabulary.bytes(token)) {
      if (unspaced && next == ' ') {
        continue;
      }
      hold(next, fallback);
      int stop = stops.accept(next);
      if (stop > 0) {
        return cutBefore(stop);
      }
    }
    release(heldCount - stops.held());
    return text.take();
  }

  /** Whether a stop string is complete. The text then ends before it. */
  public boolean isStopped() {
    return stopped;
  }

  /** Returns what was held back: no more tokens come. */
  public String finish() {
    release(heldCount);
    text.end();
    return text.take();
  }

  private String cutBefore(int stopLength) {
    stopped = true;
    release(heldCount - stopLength);
    heldCount = 0;
    text.end();
    return text.take();
  }

  private void hold(byte next, boolean fallback) {
    if (heldCount == held.length) {
      held = Arrays.copyOf(held, 2 * heldCount);
      heldFallback = Arrays.copyOf(heldFallback, 2 * heldCount);
    }
    held[heldCount] = next;
    heldFallback[heldCount++] = fallback;
  }

  private void release(int count) {
    for (int i = 0; i < count; i++) {
      text.append(held[i], heldFallback[i]);
    }
    System.arraycopy(held, count, held, 0, heldCount - count);
    System.arraycopy(heldFallback, count, heldFallback, 0, heldCount - count);
    heldCount -= count;
  }
}
