package dev.millrace.engine;

/** A response format that cannot be guaranteed; the message names what is in the way. */
public final class ResponseFormatException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public ResponseFormatException(String message) {
    super(message);
  }
}
