package dev.millrace.engine.text;

import java.util.List;

/**
 * A conversation as its chat template writes it, in segments that are tokenised on their own: the
 * text is cut within each special token that a message had typed out, so that no tokenizer can see
 * it as one. A conversation without such text is one segment.
 */
public record RenderedPrompt(List<String> segments) {
  public RenderedPrompt {
    segments = List.copyOf(segments);
    if (segments.isEmpty()) {
      throw new IllegalArgumentException("a rendered prompt needs at least one segment");
    }
  }

  /** The whole text. */
  public String text() {
    return String.join("", segments);
  }
}
