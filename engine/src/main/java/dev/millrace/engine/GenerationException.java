package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

/** Why one request got no completion. Other requests are not affected. */
public final class GenerationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The stable reason, fit for a dead letter. */
  public enum Code {
    /** The prompt alone is longer than the model's context. */
    PROMPT_TOO_LONG,
    /** The prompt and the tokens it may generate do not fit the model's context. */
    CONTEXT_EXCEEDED,
    /** The request fits the model's context but can never fit the KV cache. */
    CACHE_EXCEEDED,
    /** The response format cannot be guaranteed, or not within the tokens the request allows. */
    INVALID_FORMAT,
    /** The engine has no adapter of the name the request gives, or it cannot be loaded. */
    UNKNOWN_ADAPTER,
    /** The deadline passed while the request waited; no token was spent on it. */
    DEADLINE_EXPIRED,
    /** The model failed on this request, also when it ran alone. */
    GENERATION_FAILED,
    /** The engine was closed, or its device died, before the request finished. */
    ENGINE_CLOSED
  }

  private final Code code;

  public GenerationException(Code code, String message) {
    super(message);
    this.code = requireNonNull(code);
  }

  public GenerationException(Code code, String message, Throwable cause) {
    super(message, cause);
    this.code = requireNonNull(code);
  }

  public Code code() {
    return code;
  }
}
