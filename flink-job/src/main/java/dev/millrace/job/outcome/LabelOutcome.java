package dev.millrace.job.outcome;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.event.RecordReader;
import dev.millrace.job.guard.InputGuard;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.task.TaskKind;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.RecordFormatException;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The label, how sure it is, and who should look at it.
 *
 * <p>The label is the answer, or the one with the most votes; of those with as many, the likeliest.
 * The margin comes from the model's scores of all labels, which do not depend on the sampling.
 */
final class LabelOutcome {
  private final RecordReader records;
  private final GoldTally gold;
  private final InputGuard guard;

  LabelOutcome(RecordReader records, GoldTally gold, InputGuard guard) {
    this.guard = requireNonNull(guard, "guard");
    this.records = requireNonNull(records, "records");
    this.gold = requireNonNull(gold, "gold");
  }

  List<OutputRecord> apply(TaskKind.Label kind, Finished finished, GenerationResult result)
      throws UnusableAnswerException {
    Map<String, Double> scores = finished.replies().get(0).scores();
    Map<String, Integer> votes = votes(kind, finished.replies());
    String label = winner(votes, scores);
    result.setText(label);
    result.setLabel(label);
    if (!scores.isEmpty()) {
      result.setLabelScores(scores);
      result.setMargin(margin(label, scores));
    }
    if (finished.replies().size() > 1) {
      result.setVotes(votes);
    }
    countGold(kind, finished.task(), result);
    return review(kind, finished.task(), result);
  }

  private static Map<String, Integer> votes(TaskKind.Label kind, List<Reply> replies)
      throws UnusableAnswerException {
    Map<String, Integer> votes = new LinkedHashMap<>();
    for (Reply reply : replies) {
      String label = reply.text().strip();
      if (!kind.labels().contains(label)) {
        throw new UnusableAnswerException(
            "the answer '%s' is none of the labels %s%s"
                .formatted(
                    shorten(label),
                    kind.labels(),
                    reply.cut() ? ": it was cut, raise max_tokens" : ""));
      }
      votes.merge(label, 1, Integer::sum);
    }
    return votes;
  }

  private static String winner(Map<String, Integer> votes, Map<String, Double> scores) {
    return votes.keySet().stream()
        .max(
            Comparator.<String>comparingInt(votes::get)
                .thenComparingDouble(label -> scores.getOrDefault(label, 0.0)))
        .orElseThrow();
  }

  private static double margin(String label, Map<String, Double> scores) {
    double next =
        scores.entrySet().stream()
            .filter(score -> !score.getKey().equals(label))
            .mapToDouble(Map.Entry::getValue)
            .max()
            .orElse(0);
    return scores.getOrDefault(label, 0.0) - next;
  }

  private void countGold(TaskKind.Label kind, GenerationTask task, GenerationResult result) {
    Optional<String> expected = kind.gold().map(attribute -> task.attributes().get(attribute));
    if (expected.isPresent()) {
      result.setExpectedLabel(expected.get());
      gold.count(task.task().orElseThrow(), expected.get().equals(result.getLabel().orElseThrow()));
    }
  }

  private List<OutputRecord> review(
      TaskKind.Label kind, GenerationTask task, GenerationResult result) {
    boolean doubtful =
        result.getMargin().isPresent() && result.getMargin().get() < kind.reviewBelow();
    if (!doubtful || kind.reviewTopic().isEmpty()) {
      return List.of();
    }
    GenerationResult copy = Completions.copy(result);
    copy.setInput(input(task));
    return List.of(Completions.record(kind.reviewTopic().get(), copy, task));
  }

  /** As the model has read it: with the masks of the guard. */
  private Map<String, String> input(GenerationTask task) {
    try {
      return guard.maskedInput(records.read(task.origin()));
    } catch (RecordFormatException e) {
      throw new IllegalStateException("a record that was read is none any more", e);
    }
  }

  private static String shorten(String text) {
    return text.length() <= 80 ? text : text.substring(0, 80) + "...";
  }
}
