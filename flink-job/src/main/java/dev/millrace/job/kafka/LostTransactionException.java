package dev.millrace.job.kafka;

/** Outcomes that a checkpoint counts as written are gone. */
public final class LostTransactionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  LostTransactionException(String message, Throwable cause) {
    super(message, cause);
  }
}
