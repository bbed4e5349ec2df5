package dev.millrace.engine;

import java.util.concurrent.CompletionStage;

/** A request on its way through the engine. Every method may be called from any thread. */
public interface Generation {

  GenerateRequest request();

  /**
   * The tokens generated so far, resumed ones included, with their log probabilities: what a
   * checkpoint keeps. Never shrinks; a token appears here before the completion that contains it.
   */
  Progress progress();

  /** The tokens generated so far, resumed ones included. */
  default TokenIds tokens() {
    return progress().tokens();
  }

  /**
   * Completes with the answer, or exceptionally with a {@link GenerationException}. Dependents run
   * on the engine's completion thread and must not block it.
   */
  CompletionStage<Completion> completion();

  /**
   * Stops the sequence after the step in progress; it completes with {@link FinishReason#CANCELLED}
   * and what there is. Without effect once it has finished.
   */
  void cancel();
}
