package dev.millrace.engine.model;

/** Which of the tokens before it, and itself, a token attends to. */
public sealed interface AttentionSpan {

  /** All of them. */
  record Full() implements AttentionSpan {}

  /** The last {@code window}: key k of query q if q - window &lt; k &lt;= q. */
  record Sliding(int window) implements AttentionSpan {}

  /** Those of its own chunk: positions are cut into chunks of {@code length}, counted from 0. */
  record Chunked(int length) implements AttentionSpan {}
}
