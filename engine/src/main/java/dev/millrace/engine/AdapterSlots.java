package dev.millrace.engine;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Has the engine thread load and free adapters, each under a number of its own. */
final class AdapterSlots {
  private final EngineThread thread;
  private int lastNumber;

  AdapterSlots(EngineThread thread) {
    this.thread = requireNonNull(thread);
  }

  /** A number no adapter has had. */
  synchronized int nextNumber() {
    return ++lastNumber;
  }

  /**
   * Loads an adapter and waits for it.
   *
   * @return the hash of its weights
   * @throws CheckpointException if it cannot be served
   * @throws GenerationException if the engine has ended
   */
  String load(int number, Path directory) {
    CompletableFuture<String> loaded = new CompletableFuture<>();
    thread.execute(
        loop -> {
          try {
            loaded.complete(loop.model().loadAdapter(number, directory));
          } catch (RuntimeException e) {
            loaded.completeExceptionally(e);
          }
        });
    CompletableFuture.anyOf(loaded, thread.ended()).handle((result, failure) -> result).join();
    if (!loaded.isDone()) {
      throw closed();
    }
    try {
      return loaded.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  void free(int number) {
    thread.execute(loop -> loop.model().dropAdapter(number));
  }

  private static GenerationException closed() {
    return new GenerationException(
        GenerationException.Code.ENGINE_CLOSED, "the engine has ended: it loads no more adapters");
  }
}
