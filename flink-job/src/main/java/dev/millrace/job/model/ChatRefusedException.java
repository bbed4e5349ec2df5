package dev.millrace.job.model;

import static java.util.Objects.requireNonNull;

/** The model's chat template refused a conversation, or there is none; the message says why. */
public final class ChatRefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  public ChatRefusedException(String message, Throwable cause) {
    super(requireNonNull(message, "message"), cause);
  }
}
