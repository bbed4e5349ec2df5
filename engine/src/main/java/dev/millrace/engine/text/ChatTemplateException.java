package dev.millrace.engine.text;

/**
 * A conversation that the checkpoint's chat template refuses, or that it cannot be rendered for.
 */
public final class ChatTemplateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ChatTemplateException(String message) {
    super(message);
  }

  public ChatTemplateException(String message, Throwable cause) {
    super(message, cause);
  }
}
