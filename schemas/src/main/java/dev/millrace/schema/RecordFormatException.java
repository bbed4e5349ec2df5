package dev.millrace.schema;

import static java.util.Objects.requireNonNull;

/** Bytes that are not the record they should be. The message says what is wrong and what to do. */
public final class RecordFormatException extends Exception {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  public RecordFormatException(ErrorCode code, String message) {
    super(requireNonNull(message, "message"));
    this.code = requireNonNull(code, "code");
  }

  public RecordFormatException(ErrorCode code, String message, Throwable cause) {
    super(requireNonNull(message, "message"), cause);
    this.code = requireNonNull(code, "code");
  }

  /** The stable name of what is wrong. */
  public ErrorCode code() {
    return code;
  }
}
