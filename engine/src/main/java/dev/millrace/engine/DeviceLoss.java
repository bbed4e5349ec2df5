package dev.millrace.engine;

import dev.millrace.engine.model.DeviceLostException;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the process when its device is lost. A CUDA context that has failed never comes back, so
 * every task that this process would be given would fail; a new process gets a new context. Flink
 * notices that the task manager is gone, and whoever started it starts another one.
 */
public final class DeviceLoss {
  /** The process's exit code, so that an operator can tell this end from a crash. */
  public static final int EXIT_CODE = 86;

  private static final Logger LOG = LoggerFactory.getLogger(DeviceLoss.class);

  private DeviceLoss() {}

  /** Ends the process as soon as this engine loses its device. */
  static Engine endsProcess(Engine engine) {
    engine
        .ended()
        .whenComplete(
            (nothing, failure) -> {
              if (isDeviceLost(failure)) {
                end(failure);
              }
            });
    return engine;
  }

  private static boolean isDeviceLost(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof DeviceLostException;
  }

  /** Not by System.exit: what runs then would wait for the device. */
  private static void end(Throwable failure) {
    LOG.error(
        "the device is lost and only a new process gets it back: this one ends with code {}",
        EXIT_CODE,
        failure);
    Runtime.getRuntime().halt(EXIT_CODE);
  }
}
