package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What the model thought at one position: the token it took and the most likely alternatives, most
 * likely first. Taken from the raw logits, before penalties, temperature and filters.
 */
public record TokenLogprobs(TokenLogprob chosen, List<TokenLogprob> top) {
  public TokenLogprobs {
    requireNonNull(chosen);
    top = List.copyOf(top);
  }
}
