package dev.millrace.cli.console;

import dev.millrace.cli.console.CodeCounts.CodeCount;
import java.util.List;

/**
 * What is new since a version of the view, as the page gets it.
 *
 * @param fresh whether this is everything there is, and the page forgets what it had
 * @param kafka what is wrong with the topics; null: nothing
 * @param flink what is wrong with the metrics; null: nothing
 * @param job its name; null: not known
 */
record Update(
    long version,
    boolean fresh,
    long now,
    String kafka,
    String flink,
    String job,
    String state,
    Totals totals,
    Engine engine,
    List<Sample> samples,
    List<CompletionLine> completions,
    List<DeadLetterLine> deadLetters,
    List<CodeCount> codes,
    ReplayLine replay) {

  /**
   * Since the console was opened, but {@code unreadable} counts records before that, too.
   *
   * @param unreadable records in the outcome topics that are not Millrace's
   */
  record Totals(
      long since, long prompts, long completions, long deadLetters, long tokens, long unreadable) {}

  /** The engine's figures now; null: not known. */
  record Engine(
      Double waiting,
      Double running,
      Double maxRunning,
      Double inFlight,
      Double inTopic,
      Double cacheUsed,
      Double cacheSize,
      Double prefixTokens,
      Double computedTokens,
      Double stepMillis,
      Double memoryBytes) {}

  /**
   * The latest replay.
   *
   * @param problem why it failed; null: it did not
   */
  record ReplayLine(long at, String code, long sent, long passedOver, String problem) {}
}
