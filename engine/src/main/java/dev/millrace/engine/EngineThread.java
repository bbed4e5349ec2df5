package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.model.Model;
import dev.millrace.engine.scheduler.Scheduler;
import java.time.Clock;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that owns a model: it loads it, steps it and closes it. Everything else talks to
 * it through its inbox.
 */
final class EngineThread {
  private static final Logger LOG = LoggerFactory.getLogger(EngineThread.class);

  private final Thread thread;
  private final Supplier<Model> loader;
  private final Function<ModelInfo, Scheduler> scheduling;
  private final EngineLoop.Outcomes outcomes;
  private final EngineListener listener;
  private final BlockingQueue<Consumer<EngineLoop>> inbox = new LinkedBlockingQueue<>();
  private final CompletableFuture<ModelInfo> loaded = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();

  private volatile EngineStatistics statistics = new EngineStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  /** Written by the engine thread, when it is told to. */
  private boolean stopped;

  EngineThread(
      String name,
      Supplier<Model> loader,
      Function<ModelInfo, Scheduler> scheduling,
      EngineLoop.Outcomes outcomes,
      EngineListener listener) {
    this.loader = requireNonNull(loader);
    this.scheduling = requireNonNull(scheduling);
    this.outcomes = requireNonNull(outcomes);
    this.listener = requireNonNull(listener);
    thread = new Thread(this::run, name);
    thread.setDaemon(true);
  }

  /**
   * Starts the thread and waits until the model is loaded.
   *
   * @throws RuntimeException what the loader threw
   */
  ModelInfo start() {
    thread.start();
    try {
      return loaded.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Has the engine thread do something between two steps. */
  void execute(Consumer<EngineLoop> command) {
    inbox.add(command);
  }

  /**
   * Completes when the thread has ended: exceptionally if it failed, normally if it was stopped.
   */
  CompletableFuture<Void> ended() {
    return ended;
  }

  /** As of the last step; any thread may ask. */
  EngineStatistics statistics() {
    return statistics;
  }

  /** Ends the thread after the step in progress and waits until the model is closed. */
  void stop() {
    execute(loop -> stopped = true);
    ended.exceptionally(failure -> null).join();
  }

  private void run() {
    try (Model model = loader.get()) {
      ModelInfo info = model.info();
      Scheduler scheduler = scheduling.apply(info);
      loaded.complete(info);
      try {
        serve(new EngineLoop(scheduler, model, outcomes, listener, Clock.systemUTC()));
      } finally {
        listener.stopped();
      }
    } catch (Throwable failure) {
      if (!loaded.completeExceptionally(failure)) {
        LOG.error("{} has failed and takes no more requests", thread.getName(), failure);
      }
      ended.completeExceptionally(failure);
    } finally {
      ended.complete(null);
    }
  }

  private void serve(EngineLoop loop) throws InterruptedException {
    while (!stopped) {
      statistics = loop.statistics();
      Consumer<EngineLoop> command = loop.isIdle() ? inbox.take() : inbox.poll();
      while (command != null && !stopped) {
        command.accept(loop);
        command = inbox.poll();
      }
      if (!stopped) {
        loop.step();
      }
    }
  }
}
