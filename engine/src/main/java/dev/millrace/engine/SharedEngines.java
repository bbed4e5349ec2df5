package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engines of this process: whoever asks for equal options shares one engine, so that all slots
 * of a task manager fill the same batch and the weights are in memory once.
 *
 * <p>An engine that nobody holds lingers before it is closed, so that a task that fails over finds
 * its weights still loaded. It is closed at once when its device is asked for with other options.
 * All methods may be called from any thread; one that loads an engine makes the others wait.
 */
public final class SharedEngines {
  private static final Logger LOG = LoggerFactory.getLogger(SharedEngines.class);
  private static final SharedEngines PROCESS =
      new SharedEngines(
          (options, listener) -> DeviceLoss.endsProcess(Engine.open(options, listener)));

  private final BiFunction<EngineOptions, EngineListener, Engine> opener;
  private final ScheduledExecutorService timer = timer();
  private final Map<EngineOptions, Shared> engines = new HashMap<>();
  private EngineListener listener = EngineListener.NONE;

  SharedEngines(BiFunction<EngineOptions, EngineListener, Engine> opener) {
    this.opener = requireNonNull(opener);
  }

  /**
   * Those of this process, which ends if one of them loses its device. This class must be loaded
   * once, by a class loader all jobs share.
   */
  public static SharedEngines ofProcess() {
    return PROCESS;
  }

  /** Has somebody watch every engine that is opened from now on. */
  public synchronized void listen(EngineListener listener) {
    this.listener = requireNonNull(listener);
  }

  /**
   * Gives a hold on the engine with these options, loading it if there is none.
   *
   * @param linger how long the engine stays loaded after the last hold on it has ended
   * @throws CheckpointException if the checkpoint cannot be served
   */
  public synchronized Lease acquire(EngineOptions options, Duration linger) {
    Shared shared = engines.get(options);
    if (shared != null && shared.hasEnded()) {
      close(shared);
      shared = null;
    }
    if (shared == null) {
      closeUnused(options.device());
      shared = new Shared(options, opener.apply(options, listener));
      engines.put(options, shared);
    }
    shared.hold();
    return new Lease(shared, linger);
  }

  private void closeUnused(Device device) {
    List.copyOf(engines.values()).stream()
        .filter(shared -> shared.holders == 0 && shared.options.device().equals(device))
        .forEach(this::close);
  }

  private synchronized void release(Shared shared, Duration linger) {
    shared.holders--;
    if (shared.holders == 0) {
      LOG.info("{} is unused and stays loaded for {}", shared.options.checkpoint(), linger);
      shared.closing =
          timer.schedule(() -> closeIfUnused(shared), linger.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private synchronized void closeIfUnused(Shared shared) {
    if (shared.holders == 0 && engines.get(shared.options) == shared) {
      close(shared);
    }
  }

  private void close(Shared shared) {
    engines.remove(shared.options);
    shared.engine.close();
    LOG.info("{} is unloaded", shared.options.checkpoint());
  }

  private static ScheduledExecutorService timer() {
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            1,
            work -> {
              Thread thread = new Thread(work, "millrace-engine-linger");
              thread.setDaemon(true);
              return thread;
            });
    timer.setRemoveOnCancelPolicy(true);
    return timer;
  }

  /** An engine and who holds it. Guarded by the registry's lock. */
  private static final class Shared {
    private final EngineOptions options;
    private final Engine engine;
    private int holders;
    private ScheduledFuture<?> closing;

    Shared(EngineOptions options, Engine engine) {
      this.options = options;
      this.engine = engine;
    }

    void hold() {
      holders++;
      if (closing != null) {
        closing.cancel(false);
      }
    }

    boolean hasEnded() {
      return engine.ended().toCompletableFuture().isDone();
    }
  }

  /** A hold on an engine. Closing it twice is the same as closing it once. */
  public final class Lease implements AutoCloseable {
    private final Shared shared;
    private final Duration linger;
    private boolean released;

    private Lease(Shared shared, Duration linger) {
      this.shared = shared;
      this.linger = requireNonNull(linger);
    }

    public Engine engine() {
      return shared.engine;
    }

    @Override
    public void close() {
      synchronized (SharedEngines.this) {
        if (!released) {
          released = true;
          release(shared, linger);
        }
      }
    }
  }
}
