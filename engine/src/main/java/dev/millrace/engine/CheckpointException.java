package dev.millrace.engine;

/**
 * A checkpoint directory that cannot be served: a file is missing, truncated or malformed, or asks
 * for something Millrace does not implement. The message names the file, the key and the way out.
 */
public final class CheckpointException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CheckpointException(String message) {
    super(message);
  }

  public CheckpointException(String message, Throwable cause) {
    super(message, cause);
  }
}
