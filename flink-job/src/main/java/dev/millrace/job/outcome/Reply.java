package dev.millrace.job.outcome;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.record.Answer;
import java.util.Map;

/**
 * What a task makes something of.
 *
 * @param cut whether it reached the most tokens it might have
 * @param scores the probability of every label; empty if there are none
 */
public record Reply(String text, boolean cut, Map<String, Double> scores) {
  public Reply {
    requireNonNull(text, "text");
    scores = Map.copyOf(scores);
  }

  public static Reply of(Answer answer) {
    return new Reply(answer.text(), answer.isCut(), answer.scores());
  }
}
