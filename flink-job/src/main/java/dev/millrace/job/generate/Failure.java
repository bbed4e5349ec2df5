package dev.millrace.job.generate;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.GenerationException;
import dev.millrace.job.guard.GuardException;
import dev.millrace.job.record.RefusedException;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.Stage;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/**
 * Why a request gets no completion.
 *
 * @param category what a guard blocked it for
 */
record Failure(Stage stage, ErrorCode code, String message, Optional<String> category) {
  Failure {
    requireNonNull(stage, "stage");
    requireNonNull(code, "code");
    requireNonNull(message, "message");
    requireNonNull(category, "category");
  }

  /** A failure on the way through the engine. */
  Failure(ErrorCode code, String message) {
    this(Stage.GENERATE, code, message, Optional.empty());
  }

  /**
   * What is wrong with one request alone.
   *
   * @throws IllegalStateException if it is the engine that failed
   */
  static Failure of(Throwable failure) {
    Throwable cause = cause(failure);
    if (cause instanceof GuardException guard) {
      return new Failure(guard.code().stage(), guard.code(), guard.getMessage(), guard.category());
    }
    if (!(cause instanceof GenerationException known)
        || known.code() == GenerationException.Code.ENGINE_CLOSED) {
      throw new IllegalStateException("the engine failed: " + cause.getMessage(), cause);
    }
    return new Failure(errorCode(known.code()), known.getMessage());
  }

  /** A refusal by what prepares requests, however late it comes. */
  static Failure of(RefusedException refusal) {
    return new Failure(
        refusal.code().stage(), refusal.code(), refusal.getMessage(), Optional.empty());
  }

  /** The same for another request. */
  Failure with(String otherMessage) {
    return new Failure(stage, code, otherMessage, category);
  }

  static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  private static ErrorCode errorCode(GenerationException.Code code) {
    return switch (code) {
      case PROMPT_TOO_LONG -> ErrorCode.PROMPT_TOO_LONG;
      case CONTEXT_EXCEEDED -> ErrorCode.CONTEXT_EXCEEDED;
      case CACHE_EXCEEDED -> ErrorCode.CACHE_EXCEEDED;
      case INVALID_FORMAT -> ErrorCode.INVALID_RESPONSE_FORMAT;
      case UNKNOWN_ADAPTER -> ErrorCode.UNKNOWN_ADAPTER;
      case DEADLINE_EXPIRED -> ErrorCode.DEADLINE_EXPIRED;
      case GENERATION_FAILED, ENGINE_CLOSED -> ErrorCode.GENERATION_FAILED;
    };
  }
}
