package dev.millrace.cli;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.Completion;
import dev.millrace.engine.Engine;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Generation;
import dev.millrace.engine.text.Detokenizer;
import dev.millrace.engine.text.StopStrings;
import java.io.PrintWriter;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** Prints an answer while it is generated. Not safe for use by several threads. */
final class AnswerStream {
  private static final OptionalInt END = OptionalInt.empty();

  private final Engine engine;
  private final PrintWriter out;
  // From the engine's thread, which must not wait for a terminal, to the one that prints.
  private final BlockingQueue<OptionalInt> tokens = new LinkedBlockingQueue<>();

  AnswerStream(Engine engine, PrintWriter out) {
    this.engine = requireNonNull(engine, "engine");
    this.out = requireNonNull(out, "out");
  }

  /**
   * Prints the answer and waits for its end.
   *
   * @throws java.util.concurrent.CompletionException if the engine cannot answer
   */
  Completion print(GenerateRequest request) {
    Generation generation = engine.submit(request, token -> tokens.add(OptionalInt.of(token)));
    generation.completion().whenComplete((completion, failure) -> tokens.add(END));
    Detokenizer text =
        new Detokenizer(engine.tokenizer().vocabulary(), StopStrings.of(request.stopStrings()));
    for (OptionalInt token = take(); token.isPresent(); token = take()) {
      if (!text.isStopped()) {
        out.print(text.append(token.getAsInt()));
        out.flush();
      }
    }
    out.println(text.finish());
    out.flush();
    return generation.completion().toCompletableFuture().join();
  }

  private OptionalInt take() {
    try {
      return tokens.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted", e);
    }
  }
}
