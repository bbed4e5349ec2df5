package dev.millrace.cli;

/**
 * A command cannot go on. The message is for the person at the terminal: what, why, the way out.
 */
final class CommandException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CommandException(String message) {
    super(message);
  }

  CommandException(String message, Throwable cause) {
    super(message, cause);
  }
}
