package dev.millrace.engine.model;

import dev.millrace.engine.CheckpointException;
import dev.millrace.engine.EngineOptions;

/**
 * Measures what a device can do at most, a moment at a time. A machine that is shared with others
 * changes its speed within seconds: what is measured between two steps of a model is what those
 * steps could have had.
 *
 * <p>Opened, called and closed by the thread of a loaded model. It computes with that model's
 * threads.
 */
public interface MachineProbe extends AutoCloseable {
  /**
   * For a model of these options, which the calling thread has loaded. Takes some ten seconds to
   * find the fastest ways to read and to multiply.
   *
   * @throws CheckpointException if the checkpoint cannot be served
   */
  static MachineProbe open(EngineOptions options) {
    ModelSettings settings =
        ModelSettings.of(options, Checkpoint.open(options.checkpoint()).config());
    return DeviceProbe.open(settings.device(), settings.type(), ProbePlan.of(settings.device()));
  }

  /**
   * Reads and multiplies in turn, and returns the mean rates. The type that the model does not
   * compute in keeps the rate that it had when the probe was opened.
   *
   * @param seconds for which it goes on at least; 0: once
   */
  MachineLimits measure(double seconds);

  /** What it holds of this process's memory, from when it is opened until it is closed. */
  long residentBytes();

  @Override
  void close();
}
