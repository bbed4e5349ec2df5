package dev.millrace.engine.model;

/** Told how much of a checkpoint is in memory. */
@FunctionalInterface
public interface LoadProgress {
  /**
   * @param bytes of the weights that are loaded
   * @param total of the weights
   */
  void loaded(long bytes, long total);
}
