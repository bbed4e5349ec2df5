package dev.millrace.engine.model;

/**
 * The device no longer answers (a CUDA context that has failed never comes back). The process has
 * to be replaced.
 */
public final class DeviceLostException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DeviceLostException(String message, Throwable cause) {
    super(message, cause);
  }
}
