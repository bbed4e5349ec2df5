package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

import java.util.Set;

/**
 * A loaded model.
 *
 * @param weightsHash identifies the checkpoint's configuration and weights, for provenance
 * @param precision what it computes in: never {@link Precision#AUTO}
 * @param contextLength the longest sequence, prompt and answer together, it can read
 * @param vocabularySize how many token ids it knows
 * @param endOfSequenceTokens the tokens that end a sequence
 * @param cacheCapacity token slots of its KV cache
 */
public record ModelInfo(
    String weightsHash,
    Device device,
    Precision precision,
    int contextLength,
    int vocabularySize,
    Set<Integer> endOfSequenceTokens,
    int cacheCapacity) {
  public ModelInfo {
    requireNonNull(weightsHash);
    requireNonNull(device);
    requireNonNull(precision);
    endOfSequenceTokens = Set.copyOf(endOfSequenceTokens);
  }
}
