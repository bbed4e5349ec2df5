package dev.millrace.engine.model;

import dev.millrace.engine.scheduler.Sequence;
import java.util.Arrays;

/**
 * The tokens whose logits are penalised, each once per row, with how often the row has generated
 * it; tokens of the prompt count as generated zero times.
 */
final class PenalisedTokens {
  private long[] rows = new long[64];
  private long[] tokens = new long[64];
  private long[] counts = new long[64];
  private int size;

  void add(int row, Sequence sequence) {
    // Only the repetition penalty looks at the prompt.
    int from = sequence.sampling().repetitionPenalty() == 1 ? sequence.promptLength() : 0;
    int length = sequence.length();
    // The token, and whether it was generated in the lowest bit: sorting brings equal
    // tokens together without a table the size of the vocabulary.
    long[] occurrences = new long[length - from];
    for (int position = from; position < length; position++) {
      int generated = position < sequence.promptLength() ? 0 : 1;
      occurrences[position - from] = ((long) sequence.token(position) << 1) | generated;
    }
    Arrays.sort(occurrences);
    long previous = -1;
    for (long occurrence : occurrences) {
      long token = occurrence >> 1;
      if (token != previous) {
        append(row, token);
        previous = token;
      }
      counts[size - 1] += occurrence & 1;
    }
  }

  int size() {
    return size;
  }

  /** Rows, then tokens, then counts. */
  long[] toArray() {
    long[] all = new long[3 * size];
    System.arraycopy(rows, 0, all, 0, size);
    System.arraycopy(tokens, 0, all, size, size);
    System.arraycopy(counts, 0, all, 2 * size, size);
    return all;
  }

  private void append(int row, long token) {
    if (size == rows.length) {
      rows = Arrays.copyOf(rows, 2 * size);
      tokens = Arrays.copyOf(tokens, 2 * size);
      counts = Arrays.copyOf(counts, 2 * size);
    }
    rows[size] = row;
    tokens[size] = token;
    counts[size] = 0;
    size++;
  }
}
