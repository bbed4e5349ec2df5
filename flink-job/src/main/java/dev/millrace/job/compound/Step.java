package dev.millrace.job.compound;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Generation;
import dev.millrace.engine.TokenIds;
import dev.millrace.job.record.Answer;
import dev.millrace.job.record.StepState;
import java.util.Optional;

/** One generation among several, from its request to its answer. */
public final class Step {
  private Optional<GenerateRequest> request;
  private Optional<Generation> generation = Optional.empty();
  private Optional<Answer> answer;

  private Step(Optional<GenerateRequest> request, Optional<Answer> answer) {
    this.request = request;
    this.answer = answer;
  }

  /** A step that has to be generated. */
  public static Step of(GenerateRequest request) {
    return new Step(Optional.of(request), Optional.empty());
  }

  /** A step that only hands on the answer of an earlier one. */
  public static Step carrying(Answer answer) {
    return new Step(Optional.empty(), Optional.of(answer));
  }

  /** What to generate, with the tokens there are of it. */
  public GenerateRequest request() {
    return request.orElseThrow();
  }

  /** Tells the step which generation works on it. */
  public void runsAs(Generation running) {
    generation = Optional.of(requireNonNull(running, "running"));
  }

  boolean isFinished() {
    return answer.isPresent();
  }

  boolean isGenerated() {
    return request.isPresent();
  }

  Answer answer() {
    return answer.orElseThrow();
  }

  void finish(Answer finished) {
    answer = Optional.of(finished);
    generation = Optional.empty();
  }

  void cancel() {
    generation.ifPresent(Generation::cancel);
  }

  TokenIds tokens() {
    return generation
        .map(Generation::tokens)
        .or(() -> request.map(GenerateRequest::resumed))
        .orElseGet(TokenIds::empty);
  }

  StepState snapshot() {
    return answer
        .<StepState>map(StepState.Finished::new)
        .orElseGet(() -> new StepState.UnderWay(tokens()));
  }

  void restore(StepState state) {
    if (state instanceof StepState.Finished finished) {
      answer = Optional.of(isGenerated() ? finished.answer().resumed() : finished.answer());
    } else if (state instanceof StepState.UnderWay underWay && !underWay.generated().isEmpty()) {
      request = request.map(whole -> whole.resumedFrom(underWay.generated()));
    }
  }
}
