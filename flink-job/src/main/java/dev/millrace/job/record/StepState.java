package dev.millrace.job.record;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.TokenIds;

/** One generation of a {@link CompoundTask}, as a checkpoint keeps it. */
public sealed interface StepState {
  /** It is finished and need not be generated again. */
  record Finished(Answer answer) implements StepState {
    public Finished {
      requireNonNull(answer, "answer");
    }
  }

  /** It is under way, with the tokens so far. */
  record UnderWay(TokenIds generated) implements StepState {
    public UnderWay {
      requireNonNull(generated, "generated");
    }
  }
}
