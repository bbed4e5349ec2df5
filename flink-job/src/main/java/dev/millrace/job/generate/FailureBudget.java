package dev.millrace.job.generate;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.FailureBudgetSettings;
import dev.millrace.job.config.MillraceOptions;
import dev.millrace.schema.DeadLetter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.util.TimeUtils;

/**
 * Ends the job when too many of its outcomes are dead letters: then something is wrong with the
 * job, the model or whoever sends, and going on would only turn the whole topic into dead letters.
 * Counts over a sliding window, in slots of a twentieth of it. Task thread only.
 */
final class FailureBudget {
  private static final int SLOTS = 20;

  private record Slot(long start, Counts counts) {}

  private static final class Counts {
    private long completed;
    private final Map<String, Long> refusedByCode = new TreeMap<>();
  }

  private final FailureBudgetSettings settings;
  private final Deque<Slot> slots = new ArrayDeque<>();

  FailureBudget(FailureBudgetSettings settings) {
    this.settings = requireNonNull(settings, "settings");
  }

  void completed(long now) {
    if (settings.isLimited()) {
      slot(now).completed++;
    }
  }

  /**
   * @throws SuppressRestartsException if this dead letter is one too many; Flink fails the job
   *     instead of restarting it
   */
  void refused(long now, DeadLetter letter) {
    if (settings.isLimited()) {
      slot(now).refusedByCode.merge(letter.getCode(), 1L, Long::sum);
      requireWithin(letter);
    }
  }

  private void requireWithin(DeadLetter latest) {
    Map<String, Long> byCode = new TreeMap<>();
    long outcomes = 0;
    for (Slot slot : slots) {
      outcomes += slot.counts().completed;
      slot.counts().refusedByCode.forEach((code, count) -> byCode.merge(code, count, Long::sum));
    }
    long refused = byCode.values().stream().mapToLong(Long::longValue).sum();
    outcomes += refused;
    if (outcomes >= settings.minimum() && refused > settings.share() * outcomes) {
      throw new SuppressRestartsException(spent(refused, outcomes, byCode, latest));
    }
  }

  private IllegalStateException spent(
      long refused, long outcomes, Map<String, Long> byCode, DeadLetter latest) {
    return new IllegalStateException(
        "%d of the last %d outcomes within %s are dead letters (%s), more than the share of %s that %s allows. The latest: %s. Nothing is lost: remove the cause and start the job again from its last checkpoint."
            .formatted(
                refused,
                outcomes,
                TimeUtils.formatWithHighestUnit(settings.window()),
                byCode.entrySet().stream()
                    .map(code -> code.getKey() + ": " + code.getValue())
                    .collect(Collectors.joining(", ")),
                settings.share(),
                MillraceOptions.FAILURE_BUDGET_SHARE.key(),
                settings.quotes() ? latest.getMessage() : "left out by millrace.log.redact"));
  }

  private Counts slot(long now) {
    long window = settings.window().toMillis();
    while (!slots.isEmpty() && slots.getFirst().start() <= now - window) {
      slots.removeFirst();
    }
    long length = Math.max(1, window / SLOTS);
    long start = now - Math.floorMod(now, length);
    if (slots.isEmpty() || slots.getLast().start() < start) {
      slots.addLast(new Slot(start, new Counts()));
    }
    return slots.getLast().counts();
  }
}
