package dev.millrace.job.outcome;

import static java.util.Objects.requireNonNull;

/** An answer that its task cannot use; the message says why and what to do. */
public final class UnusableAnswerException extends Exception {
  private static final long serialVersionUID = 1L;

  UnusableAnswerException(String message) {
    super(requireNonNull(message, "message"));
  }
}
