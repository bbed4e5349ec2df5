package dev.millrace.engine.model;

/** The device had not enough memory for a step. A smaller one may succeed. */
public final class DeviceMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DeviceMemoryException(String message, Throwable cause) {
    super(message, cause);
  }
}
