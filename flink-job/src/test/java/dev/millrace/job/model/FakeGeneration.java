package dev.millrace.job.model;

import dev.millrace.engine.Completion;
import dev.millrace.engine.FinishReason;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Generation;
import dev.millrace.engine.GenerationException;
import dev.millrace.engine.LabelScores;
import dev.millrace.engine.Progress;
import dev.millrace.engine.Timing;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.TokenLogprob;
import dev.millrace.engine.TokenLogprobs;
import dev.millrace.engine.Usage;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A generation whose progress a test decides. */
public final class FakeGeneration implements Generation {
  private final GenerateRequest request;
  private final Runnable onEnd;
  private final CompletableFuture<Completion> completion = new CompletableFuture<>();
  private volatile TokenIds tokens;
  private volatile boolean over;
  private volatile boolean cancelled;

  FakeGeneration(GenerateRequest request, Runnable onEnd) {
    this.request = request;
    this.onEnd = onEnd;
    this.tokens = request.resumed();
  }

  /** Adds tokens, one per UTF-16 unit. */
  public FakeGeneration generate(String text) {
    return generate(TokenIds.of(text.chars().toArray()));
  }

  FakeGeneration generate(TokenIds more) {
    tokens = TokenIds.of(IntStream.concat(tokens.stream(), more.stream()).toArray());
    return this;
  }

  /** Completes with the tokens there are. */
  public void finish() {
    finish(FinishReason.STOP);
  }

  public void finish(FinishReason reason) {
    finish(reason, Optional.empty());
  }

  /** Completes a choice with the probability of each of its texts. */
  public void choose(Map<String, Double> probabilities) {
    finish(FinishReason.STOP, Optional.of(new LabelScores(probabilities)));
  }

  private void finish(FinishReason reason, Optional<LabelScores> scores) {
    end();
    completion.complete(
        new Completion(
            request.id(),
            tokens,
            text(),
            reason,
            new Usage(request.prompt().size(), 0, tokens.size(), request.resumed().size()),
            new Timing(Duration.ofMillis(10), Duration.ofMillis(30), Duration.ofMillis(110), 4),
            logprobs(),
            request.responseFormat().map(format -> reason == FinishReason.STOP),
            scores));
  }

  public void fail(GenerationException.Code code, String message) {
    end();
    completion.completeExceptionally(new GenerationException(code, message));
  }

  public boolean isOver() {
    return over;
  }

  public boolean isCancelled() {
    return cancelled;
  }

  @Override
  public GenerateRequest request() {
    return request;
  }

  @Override
  public Progress progress() {
    return new Progress(tokens, logprobs());
  }

  @Override
  public TokenIds tokens() {
    return tokens;
  }

  @Override
  public CompletionStage<Completion> completion() {
    return completion.minimalCompletionStage();
  }

  @Override
  public void cancel() {
    cancelled = true;
    if (!over) {
      finish(FinishReason.CANCELLED);
    }
  }

  private void end() {
    over = true;
    onEnd.run();
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    tokens.stream().forEach(token -> text.append((char) token));
    return text.toString();
  }

  private List<TokenLogprobs> logprobs() {
    if (request.topLogprobs().isEmpty()) {
      return List.of();
    }
    Stream<TokenLogprobs> own =
        tokens.stream().skip(request.resumed().size()).mapToObj(FakeGeneration::logprobs);
    return Stream.concat(request.progress().logprobs().stream(), own).toList();
  }

  private static TokenLogprobs logprobs(int token) {
    TokenLogprob half = new TokenLogprob(token, -0.5f);
    return new TokenLogprobs(half, List.of(half));
  }
}
