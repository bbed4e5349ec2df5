package dev.millrace.cli.report;

import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Counts the outcomes of the prompts of one run by id, and judges them: every prompt has exactly
 * one outcome, and every completion exactly one latency record. Not safe for use by several
 * threads.
 */
public final class OutcomeTally {
  private static final int IDS_SHOWN = 5;

  private final Set<String> sent = new TreeSet<>();
  private final Map<String, Integer> completions = new HashMap<>();
  private final Map<String, Integer> deadLetters = new HashMap<>();
  private final Map<String, Integer> latencies = new HashMap<>();
  private final LatencySummary latencySummary = new LatencySummary();
  private long completionTokens;

  /**
   * Expects an outcome for a prompt.
   *
   * @throws IllegalArgumentException if the id was sent before: outcomes could not be told apart
   */
  public void sent(String id) {
    if (!sent.add(id)) {
      throw new IllegalArgumentException("two prompts have the id '" + id + "'");
    }
  }

  public void add(GenerationResult completion) {
    completions.merge(completion.getId(), 1, Integer::sum);
    completionTokens += completion.getCompletionTokens();
  }

  public void add(GenerationLatency latency) {
    latencies.merge(latency.getId(), 1, Integer::sum);
    latencySummary.add(latency);
  }

  public void add(DeadLetter deadLetter) {
    deadLetters.merge(deadLetter.getId().orElse("(no id)"), 1, Integer::sum);
  }

  /** Prompts sent. */
  public int prompts() {
    return sent.size();
  }

  /** Completion records seen, a second one of the same id included. */
  public int completions() {
    return sum(completions);
  }

  /** Dead letters seen, a second one of the same id included. */
  public int deadLetters() {
    return sum(deadLetters);
  }

  /** Latency records seen, a second one of the same id included. */
  public int latencyRecords() {
    return sum(latencies);
  }

  /** Tokens generated for the completions seen. */
  public long completionTokens() {
    return completionTokens;
  }

  public LatencySummary latencySummary() {
    return latencySummary;
  }

  /** Prompts that have an outcome. */
  public int done() {
    return (int) sent.stream().filter(id -> outcomes(id) > 0).count();
  }

  /** Whether nothing more is due: each prompt has an outcome, each completion a latency record. */
  public boolean isComplete() {
    return done() == prompts() && latencies.keySet().containsAll(completions.keySet());
  }

  /**
   * What is wrong, one sentence each; empty if every prompt and every completion is accounted for.
   */
  public List<String> violations() {
    List<String> violations = new ArrayList<>();
    report(violations, "prompts without an outcome", sent, id -> outcomes(id) == 0);
    report(violations, "prompts with more than one outcome", sent, id -> outcomes(id) > 1);
    report(
        violations,
        "completions without a latency record",
        completions.keySet(),
        id -> count(latencies, id) < count(completions, id));
    report(
        violations,
        "latency records beyond the completions",
        latencies.keySet(),
        id -> count(latencies, id) > count(completions, id));
    report(violations, "completions nobody asked for", completions.keySet(), this::isStrange);
    report(violations, "dead letters nobody asked for", deadLetters.keySet(), this::isStrange);
    return violations;
  }

  private boolean isStrange(String id) {
    return !sent.contains(id);
  }

  private int outcomes(String id) {
    return count(completions, id) + count(deadLetters, id);
  }

  private static void report(
      List<String> violations, String what, Collection<String> ids, Predicate<String> guilty) {
    List<String> found = ids.stream().filter(guilty).sorted().toList();
    if (!found.isEmpty()) {
      String more = found.size() > IDS_SHOWN ? ", ..." : "";
      violations.add(
          found.size()
              + " "
              + what
              + ": "
              + String.join(", ", found.subList(0, Math.min(IDS_SHOWN, found.size())))
              + more);
    }
  }

  private static int count(Map<String, Integer> counts, String id) {
    return counts.getOrDefault(id, 0);
  }

  private static int sum(Map<String, Integer> counts) {
    return counts.values().stream().mapToInt(Integer::intValue).sum();
  }
}
