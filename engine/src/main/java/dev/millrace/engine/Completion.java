package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;

/**
 * The answer to one {@link GenerateRequest}.
 *
 * @param tokens every generated token, the final stop token included
 * @param text their text without special tokens, cut before a stop string that matched
 * @param logprobs one entry per token if the request asked for them, else empty; tokens that were
 *     resumed without theirs have none
 * @param valid whether the text as a whole has the form that the request's response format asks
 *     for; one that was cut has not. Empty if there is no format
 * @param labelScores the probability of every text of a choice
 */
public record Completion(
    String id,
    TokenIds tokens,
    String text,
    FinishReason finishReason,
    Usage usage,
    Timing timing,
    List<TokenLogprobs> logprobs,
    Optional<Boolean> valid,
    Optional<LabelScores> labelScores) {
  public Completion {
    requireNonNull(id);
    requireNonNull(tokens);
    requireNonNull(text);
    requireNonNull(finishReason);
    requireNonNull(usage);
    requireNonNull(timing);
    logprobs = List.copyOf(logprobs);
    requireNonNull(valid);
    requireNonNull(labelScores);
  }

  /** What an equal request can go on from. */
  public Progress progress() {
    return new Progress(tokens, logprobs);
  }

  /** The answer to a request without a response format. */
  public Completion(
      String id,
      TokenIds tokens,
      String text,
      FinishReason finishReason,
      Usage usage,
      Timing timing,
      List<TokenLogprobs> logprobs) {
    this(
        id,
        tokens,
        text,
        finishReason,
        usage,
        timing,
        logprobs,
        Optional.empty(),
        Optional.empty());
  }
}
