package dev.millrace.job.record;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.Completion;
import dev.millrace.engine.FinishReason;
import dev.millrace.engine.LabelScores;
import dev.millrace.engine.Usage;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is kept of a finished generation that others build on.
 *
 * @param scores the probability of every text of a choice; empty if none was asked for
 */
public record Answer(
    String text, FinishReason finishReason, Usage usage, Map<String, Double> scores) {
  public Answer {
    requireNonNull(text, "text");
    requireNonNull(finishReason, "finishReason");
    requireNonNull(usage, "usage");
    scores = Collections.unmodifiableMap(new LinkedHashMap<>(scores));
  }

  public static Answer of(Completion completion) {
    return new Answer(
        completion.text(),
        completion.finishReason(),
        completion.usage(),
        completion.labelScores().map(LabelScores::probabilities).orElse(Map.of()));
  }

  /** Whether it reached the most tokens it might have. */
  public boolean isCut() {
    return finishReason == FinishReason.LENGTH;
  }

  /** The same with another text. */
  public Answer withText(String other) {
    return new Answer(other, finishReason, usage, scores);
  }

  /** The same as a checkpoint hands it on: all of its tokens are taken over. */
  public Answer resumed() {
    return new Answer(
        text,
        finishReason,
        new Usage(
            usage.promptTokens(),
            usage.cachedPromptTokens(),
            usage.completionTokens(),
            usage.completionTokens()),
        scores);
  }
}
