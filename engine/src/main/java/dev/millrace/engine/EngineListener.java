package dev.millrace.engine;

/**
 * Told what an engine does. Every method is called on the engine thread, which computes nothing
 * until it returns.
 */
public interface EngineListener {
  /** Listens to nothing. */
  EngineListener NONE = new EngineListener() {};

  /**
   * Loading begins, or more of the weights is in memory.
   *
   * @param bytes of the checkpoint that are loaded; 0 at the beginning
   * @param total the checkpoint's
   */
  default void loaded(long bytes, long total) {}

  /** A step is over, before the sequences that end with it are reported. */
  default void stepped(StepReport step) {}

  /** The last step is over, and the model about to be closed. Not called if it never was loaded. */
  default void stopped() {}
}
