package dev.millrace.engine.scheduler;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.TokenLogprobs;
import java.util.Optional;

/**
 * The next token of one sequence.
 *
 * @param finite whether the row's logits were all finite; if not, the token means nothing and the
 *     sequence has failed
 * @param logprobs present if the request asked for them
 */
public record SampledToken(int token, boolean finite, Optional<TokenLogprobs> logprobs) {
  public SampledToken {
    requireNonNull(logprobs);
  }

  public static SampledToken of(int token) {
    return new SampledToken(token, true, Optional.empty());
  }
}
