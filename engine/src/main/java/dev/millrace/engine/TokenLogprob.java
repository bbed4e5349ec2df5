package dev.millrace.engine;

/** A token and the natural logarithm of its probability under the model's raw logits. */
public record TokenLogprob(int token, float logprob) {}
