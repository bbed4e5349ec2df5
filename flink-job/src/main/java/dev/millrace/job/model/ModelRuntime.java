package dev.millrace.job.model;

import dev.millrace.engine.EngineLoad;
import dev.millrace.engine.EngineStatistics;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Generation;
import dev.millrace.engine.GenerationException;
import dev.millrace.engine.ResponseFormat;
import java.util.concurrent.CompletionStage;

/**
 * A hold on the model that serves the job, shared by the tasks of a process. All methods but {@link
 * #encoder()}'s may be called from any thread.
 */
public interface ModelRuntime extends AutoCloseable {
  ModelCard card();

  PromptEncoder encoder();

  /**
   * Compiles a response format ahead of the requests that will have it.
   *
   * @throws dev.millrace.engine.ResponseFormatException naming what cannot be guaranteed
   */
  void prepare(ResponseFormat format);

  /**
   * Makes sure that a LoRA adapter can be used.
   *
   * @throws dev.millrace.engine.GenerationException if there is none of this name, or it cannot be
   *     loaded
   */
  default void requireAdapter(String name) {
    throw new GenerationException(
        GenerationException.Code.UNKNOWN_ADAPTER, "adapter '" + name + "' is not served");
  }

  /** Identifies the weights that a request is answered with: the model's and its adapter's. */
  default String weightsHash(GenerateRequest request) {
    return card().weightsHash();
  }

  /** Queues a request; one that cannot be served fails through its completion. */
  Generation submit(GenerateRequest request);

  /** The work in the engine, of all tasks of the process. */
  EngineLoad load();

  /** Tokens that the engine has generated for all tasks of the process, wasted ones included. */
  long generatedTokens();

  /** What the engine has done for all tasks of the process. */
  EngineStatistics statistics();

  /** How much memory of the model's device is in use. */
  long deviceMemoryBytes();

  /** Completes as soon as the engine has room for more work. */
  CompletionStage<Void> room();

  /** Gives the hold back. The model stays loaded while others hold it, and a while longer. */
  @Override
  void close();
}
