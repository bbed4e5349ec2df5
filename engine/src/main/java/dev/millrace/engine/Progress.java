package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * How far a generation has come: what a checkpoint keeps of it, and what a later attempt goes on
 * from.
 *
 * @param tokens generated so far
 * @param logprobs of each of them if the request asks for that, else empty; an attempt that went on
 *     from tokens without any has only those of its own
 */
public record Progress(TokenIds tokens, List<TokenLogprobs> logprobs) {
  /** At the very beginning. */
  public static final Progress NONE = of(TokenIds.empty());

  public Progress {
    requireNonNull(tokens);
    logprobs = List.copyOf(logprobs);
    if (logprobs.size() > tokens.size()) {
      throw new IllegalArgumentException(
          "log probabilities of %d tokens, but there are only %d"
              .formatted(logprobs.size(), tokens.size()));
    }
  }

  /** Tokens alone. */
  public static Progress of(TokenIds tokens) {
    return new Progress(tokens, List.of());
  }

  public boolean isEmpty() {
    return tokens.isEmpty();
  }
}
