package dev.millrace.job.registry;

/** A registry that did not answer for as long as somebody was ready to wait. */
public final class RegistryAwayException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  RegistryAwayException(String message, Throwable cause) {
    super(message, cause);
  }
}
