package dev.millrace.engine.scheduler;

import static java.util.Objects.requireNonNull;

/**
 * A run of one sequence's tokens that a step computes: the tokens at positions {@code start} to
 * {@code start + count}, which attend to everything before them.
 */
public record Chunk(Sequence sequence, int start, int count) {
  public Chunk {
    requireNonNull(sequence);
    if (start < 0 || count < 1 || start + count > sequence.length()) {
      throw new IllegalArgumentException(
          "chunk [%d, %d) is outside a sequence of %d tokens"
              .formatted(start, start + count, sequence.length()));
    }
  }

  /** One past the last position: also the number of tokens the chunk's last token attends to. */
  public int end() {
    return start + count;
  }

  /** Whether the next token can be sampled after this chunk, because nothing is left to compute. */
  public boolean samples() {
    return end() == sequence.length();
  }
}
