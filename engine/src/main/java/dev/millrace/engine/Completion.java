package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * The answer to one {@link GenerateRequest}.
 *
 * @param tokens every generated token, the final stop token included
 * @param text their text without special tokens, cut before a stop string that matched
 * @param logprobs one entry per token of this attempt if the request asked for them, else empty
 */
public record Completion(
    String id,
    TokenIds tokens,
    String text,
    FinishReason finishReason,
    Usage usage,
    Timing timing,
    List<TokenLogprobs> logprobs) {
  public Completion {
    requireNonNull(id);
    requireNonNull(tokens);
    requireNonNull(text);
    requireNonNull(finishReason);
    requireNonNull(usage);
    requireNonNull(timing);
    logprobs = List.copyOf(logprobs);
  }
}
