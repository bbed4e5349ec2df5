package dev.millrace.job.prepare;

import static java.util.Objects.requireNonNull;

import dev.millrace.schema.ErrorCode;

/** A request that cannot be answered; the message says why and what to do. */
final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  RefusedException(ErrorCode code, String message) {
    super(requireNonNull(message, "message"));
    this.code = requireNonNull(code, "code");
  }

  ErrorCode code() {
    return code;
  }
}
