package dev.millrace.job.model;

import static java.util.Objects.requireNonNull;

/**
 * What is known about the model that serves the job.
 *
 * @param name in requests and results
 * @param weightsHash identifies the checkpoint's configuration and weights
 * @param chatTemplateVersion identifies the chat template
 * @param engineVersion Millrace's own
 * @param device what it runs on
 * @param contextLength the longest prompt and answer together, in tokens
 * @param cacheTokens what the KV cache holds
 */
public record ModelCard(
    String name,
    String weightsHash,
    String chatTemplateVersion,
    String engineVersion,
    String device,
    int contextLength,
    int cacheTokens) {
  public ModelCard {
    requireNonNull(name, "name");
    requireNonNull(weightsHash, "weightsHash");
    requireNonNull(chatTemplateVersion, "chatTemplateVersion");
    requireNonNull(engineVersion, "engineVersion");
    requireNonNull(device, "device");
    if (contextLength < 1 || cacheTokens < 1) {
      throw new IllegalArgumentException(
          "context length %d and cache tokens %d must be at least 1"
              .formatted(contextLength, cacheTokens));
    }
  }

  /** The longest prompt and answer together that can be served. */
  public int longestSequence() {
    return Math.min(contextLength, cacheTokens);
  }
}
