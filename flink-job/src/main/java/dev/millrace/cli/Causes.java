package dev.millrace.cli;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/** Exceptions as one sentence for a person. */
final class Causes {
  private Causes() {}

  /** The messages of a failure and its causes, outermost first, each said once. */
  static String describe(Throwable failure) {
    Set<String> messages = new LinkedHashSet<>();
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (!isWrapper(cause)) {
        addUnlessSaid(messages, message(cause));
      }
    }
    return messages.isEmpty() ? message(failure) : String.join(": ", messages);
  }

  /** An exception without words of its own takes its cause's. */
  private static boolean isWrapper(Throwable failure) {
    Throwable cause = failure.getCause();
    return cause != null && message(failure).equals(cause.toString());
  }

  private static void addUnlessSaid(Set<String> messages, String message) {
    if (messages.stream().noneMatch(said -> said.contains(message))) {
      messages.add(message);
    }
  }

  private static String message(Throwable failure) {
    return Optional.ofNullable(failure.getMessage()).orElse(failure.getClass().getSimpleName());
  }
}
