package dev.millrace.engine;

/**
 * Told what an engine does. Every method is called on the engine thread, which waits meanwhile: it
 * must return at once.
 */
public interface EngineListener {
  /** Listens to nothing. */
  EngineListener NONE = new EngineListener() {};

  /**
   * More of the weights is in memory.
   *
   * @param bytes of the checkpoint that are loaded
   * @param total the checkpoint's
   */
  default void loaded(long bytes, long total) {}

  /** A step is over, before the sequences that end with it are reported. */
  default void stepped(StepReport step) {}
}
