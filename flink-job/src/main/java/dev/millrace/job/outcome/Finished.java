package dev.millrace.job.outcome;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.record.GenerationTask;
import dev.millrace.schema.FinishReason;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import java.util.List;
import java.util.Map;

/**
 * A prompt whose generations are all there.
 *
 * @param attempts how often it was begun
 * @param result what was answered, before the task makes something of it
 * @param latency where the time went
 * @param replies the votes or the last summary of a compound task; of a single one, its answer
 * @param parts what it took
 */
public record Finished(
    GenerationTask task,
    int attempts,
    GenerationResult result,
    GenerationLatency latency,
    List<Reply> replies,
    PartCounts parts) {
  public Finished {
    requireNonNull(task, "task");
    requireNonNull(result, "result");
    requireNonNull(latency, "latency");
    replies = List.copyOf(replies);
    requireNonNull(parts, "parts");
  }

  /** One generation, one answer. */
  public static Finished single(
      GenerationTask task, int attempts, GenerationResult result, GenerationLatency latency) {
    boolean cut = result.getFinishReason() == FinishReason.LENGTH;
    Reply reply = new Reply(result.getText(), cut, result.getLabelScores().orElse(Map.of()));
    return new Finished(
        task, attempts, result, latency, List.of(reply), new PartCounts(1, 1, 1, cut ? 1 : 0));
  }
}
