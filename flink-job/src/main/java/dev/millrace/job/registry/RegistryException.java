package dev.millrace.job.registry;

/** What a registry answered instead of what it was asked for. */
abstract sealed class RegistryException extends Exception {
  private static final long serialVersionUID = 1L;

  RegistryException(String message, Throwable cause) {
    super(message, cause);
  }

  /** It does not answer, or not as one that is well: asking again later may help. */
  static final class Away extends RegistryException {
    private static final long serialVersionUID = 1L;

    Away(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** It does not know us, or we do not know it: that is for somebody to put right. */
  static final class Denied extends RegistryException {
    private static final long serialVersionUID = 1L;

    Denied(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** It says no: asking the same again will not help. */
  static final class Refused extends RegistryException {
    private static final long serialVersionUID = 1L;

    Refused(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
