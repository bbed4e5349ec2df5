package dev.millrace.job.model;

import dev.millrace.engine.CheckpointException;
import dev.millrace.job.config.ModelSettings;
import org.apache.flink.runtime.execution.SuppressRestartsException;

/** Opens the model for a task, ending the job for good where trying again cannot help. */
public final class ModelOpening {
  private ModelOpening() {}

  /**
   * @throws SuppressRestartsException if the checkpoint cannot be served: it names file and key,
   *     and Flink fails the job instead of restarting it
   */
  public static ModelRuntime open(ModelRuntimeFactory models, ModelSettings settings) {
    try {
      return models.open(settings);
    } catch (CheckpointException e) {
      throw new SuppressRestartsException(e);
    }
  }
}
