package dev.millrace.cli;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes what a command opened, last first: when the command ends, or when the process is told to
 * end (Ctrl-C) before. Safe for use by many threads.
 */
final class ClosingStack implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ClosingStack.class);

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final Thread onExit = new Thread(this::closeAll, "millrace-close");
  private boolean closed;

  ClosingStack() {
    Runtime.getRuntime().addShutdownHook(onExit);
  }

  /** Whether the process was told to end, so that failures are only its consequence. */
  static boolean processIsEnding() {
    try {
      Thread probe = new Thread(() -> {});
      Runtime.getRuntime().addShutdownHook(probe);
      Runtime.getRuntime().removeShutdownHook(probe);
      return false;
    } catch (IllegalStateException e) {
      return true;
    }
  }

  /** Closes this, too, in time; at once if that time has come already. */
  synchronized <T extends AutoCloseable> T push(T resource) {
    open.push(resource);
    if (closed) {
      closeAll();
      throw new CommandException("interrupted");
    }
    return resource;
  }

  @Override
  public void close() {
    closeAll();
    try {
      Runtime.getRuntime().removeShutdownHook(onExit);
    } catch (IllegalStateException e) {
      // The process is ending already, and the hook has nothing left to close.
    }
  }

  private synchronized void closeAll() {
    closed = true;
    while (!open.isEmpty()) {
      AutoCloseable resource = open.pop();
      try {
        resource.close();
      } catch (Exception e) {
        // The rest must be closed all the same.
        LOG.warn("cannot close {}", resource, e);
      }
    }
  }
}
