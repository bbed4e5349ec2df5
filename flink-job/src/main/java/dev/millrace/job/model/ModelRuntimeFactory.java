package dev.millrace.job.model;

import dev.millrace.job.config.ModelSettings;
import java.io.Serializable;

/** Opens models on task managers. */
@FunctionalInterface
public interface ModelRuntimeFactory extends Serializable {
  /**
   * Gives a hold on the model, loading it if this process has not yet.
   *
   * @throws dev.millrace.engine.CheckpointException if the checkpoint cannot be served, which no
   *     restart will change
   */
  ModelRuntime open(ModelSettings settings);

  /** Opens this process's shared engines, as every job but a test does. */
  static ModelRuntimeFactory ofProcess() {
    return EngineModelRuntime::open;
  }
}
