package dev.millrace.engine.model;

import com.sun.jna.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The heap of the C library, from which PyTorch takes what is on the processor. */
final class NativeHeap {
  private static final Logger LOG = LoggerFactory.getLogger(NativeHeap.class);

  private NativeHeap() {}

  /**
   * Gives what is free back to the operating system. The C library keeps it otherwise, all the more
   * if it is set to, so that steps find their memory again.
   */
  static void trim() {
    try {
      Function.getFunction("c", "malloc_trim").invokeInt(new Object[] {0L});
    } catch (UnsatisfiedLinkError notOfGlibc) {
      LOG.debug("this C library cannot be told to give memory back", notOfGlibc);
    }
  }
}
