package dev.millrace.job.record;

import static java.util.Objects.requireNonNull;

import dev.millrace.schema.ErrorCode;

/** A request that cannot be answered; the message says why and what to do. */
public final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  public RefusedException(ErrorCode code, String message) {
    super(requireNonNull(message, "message"));
    this.code = requireNonNull(code, "code");
  }

  public ErrorCode code() {
    return code;
  }
}
