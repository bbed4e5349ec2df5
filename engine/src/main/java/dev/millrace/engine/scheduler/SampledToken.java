package dev.millrace.engine.scheduler;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.TokenLogprobs;
import dev.millrace.engine.constrain.LabelGuide;
import java.util.List;
import java.util.Optional;

/**
 * The next token of one sequence.
 *
 * @param finite whether the row's logits were all finite; if not, the token means nothing and the
 *     sequence has failed
 * @param logprobs present if the request asked for them
 * @param candidates the logits of the tokens that a {@link LabelGuide} asks for, in its order; the
 *     token means nothing then
 */
public record SampledToken(
    int token, boolean finite, Optional<TokenLogprobs> logprobs, List<Float> candidates) {
  public SampledToken {
    requireNonNull(logprobs);
    candidates = List.copyOf(candidates);
  }

  public static SampledToken of(int token) {
    return new SampledToken(token, true, Optional.empty(), List.of());
  }
}
