package dev.millrace.cli.console;

import static java.util.Objects.requireNonNull;

import dev.millrace.cli.console.LatencyWindow.Times;
import dev.millrace.cli.console.Update.Engine;
import dev.millrace.cli.console.Update.ReplayLine;
import dev.millrace.cli.console.Update.Totals;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * What the console remembers of a pipeline: a few minutes of figures, the last outcomes, counts. It
 * never grows beyond that, however long it runs and whatever the records hold.
 *
 * <p>Watchers tell it what they see; {@link #tick} makes that a new version. A page asks for what
 * is new since the version it has, so that a slow one misses versions and holds up nobody. Safe for
 * use by many threads.
 */
final class PipelineView {
  static final int SAMPLES = 600;
  static final int OUTCOMES = 25;

  private static final double MILLIS = 1e3;
  private static final EngineFigures NONE = new EngineFigures("", "", 0, java.util.Map.of());

  private final LongSupplier clock;
  private final long since;
  private final Recent<Sample> samples = new Recent<>(SAMPLES);
  private final Recent<CompletionLine> completions = new Recent<>(OUTCOMES);
  private final Recent<DeadLetterLine> deadLetters = new Recent<>(OUTCOMES);
  private final CodeCounts codes = new CodeCounts();
  private final LatencyWindow latencies = new LatencyWindow();
  private final Rate promptRate = new Rate();
  private final Rate completionRate = new Rate();
  private final Rate deadLetterRate = new Rate();
  private final Rate tokenRate = new Rate();
  private OptionalLong firstPromptOffset = OptionalLong.empty();
  private long promptCount;
  private long completionCount;
  private long deadLetterCount;
  private long tokenCount;
  private long unreadable;
  private Optional<EngineFigures> engine = Optional.empty();
  private Optional<String> flinkProblem = Optional.empty();
  private Optional<String> kafkaProblem = Optional.empty();
  private Optional<ReplayLine> replay = Optional.empty();
  private long version;

  /**
   * @param clock in epoch milliseconds
   */
  PipelineView(LongSupplier clock) {
    this.clock = requireNonNull(clock, "clock");
    this.since = clock.getAsLong();
  }

  /**
   * A completion was read.
   *
   * @param live whether it came while the console watched
   */
  synchronized void completion(GenerationResult result, boolean live) {
    completions.add(version + 1, CompletionLine.of(result, live ? clock.getAsLong() : null));
    if (live) {
      completionCount++;
      tokenCount += result.getReused() ? 0 : result.getCompletionTokens();
    }
  }

  /** A completion's latency was read while the console watched. */
  synchronized void latency(GenerationLatency latency) {
    latencies.add(clock.getAsLong(), latency);
  }

  /** A dead letter was read. */
  synchronized void deadLetter(DeadLetter letter, boolean live) {
    deadLetters.add(version + 1, DeadLetterLine.of(letter, live ? clock.getAsLong() : null));
    codes.add(letter);
    if (live) {
      deadLetterCount++;
    }
  }

  /** A record of an outcome topic is not Millrace's. */
  synchronized void unreadable() {
    unreadable++;
  }

  /** Where the prompts' topic ends, over all its partitions. */
  synchronized void promptsEnd(long offset) {
    if (firstPromptOffset.isEmpty()) {
      firstPromptOffset = OptionalLong.of(offset);
    }
    promptCount = Math.max(0, offset - firstPromptOffset.getAsLong());
  }

  /** The topics can be read, or not, or not yet, for this reason. */
  synchronized void kafka(Optional<String> problem) {
    kafkaProblem = problem;
  }

  /** What Flink says of the job. */
  synchronized void engine(EngineFigures figures) {
    engine = Optional.of(figures);
    flinkProblem = Optional.empty();
  }

  /** Flink says nothing, for this reason. */
  synchronized void engineUnknown(String problem) {
    engine = Optional.empty();
    flinkProblem = Optional.of(problem);
  }

  /** How a replay ended. */
  synchronized void replayed(String code, long sent, long passedOver, Optional<String> problem) {
    replay =
        Optional.of(
            new ReplayLine(clock.getAsLong(), code, sent, passedOver, problem.orElse(null)));
  }

  /** Makes what came since the last one a new version. */
  synchronized void tick() {
    long now = clock.getAsLong();
    promptRate.update(now, (double) promptCount);
    completionRate.update(now, (double) completionCount);
    deadLetterRate.update(now, (double) deadLetterCount);
    generatedTokens().ifPresent(tokens -> tokenRate.update(now, tokens));
    latencies.forgetBefore(now);
    version++;
    samples.add(version, sample(now));
    notifyAll();
  }

  /**
   * Waits for a version after the given one.
   *
   * @param known the version the page has; 0: none
   * @return empty if the time is over
   */
  synchronized Optional<Update> after(long known, Duration patience) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (version <= known) {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return Optional.empty();
      }
      wait(left);
    }
    return Optional.of(update(known));
  }

  private Update update(long known) {
    return new Update(
        version,
        known == 0,
        clock.getAsLong(),
        kafkaProblem.orElse(null),
        flinkProblem.orElse(null),
        engine.map(EngineFigures::job).orElse(null),
        engine.map(EngineFigures::state).orElse(null),
        new Totals(since, promptCount, completionCount, deadLetterCount, tokenCount, unreadable),
        engineNow(),
        samples.after(known),
        completions.after(known),
        deadLetters.after(known),
        codes.list(),
        replay.orElse(null));
  }

  private Engine engineNow() {
    EngineFigures figures = engine.orElse(NONE);
    Double steps = figures.orNull("engine.steps");
    Double seconds = figures.orNull("engine.stepSeconds");
    return new Engine(
        figures.orNull("engine.waitingRequests"),
        figures.orNull("engine.runningRequests"),
        figures.orNull("engine.maxRunningRequests"),
        figures.orNull("inFlight"),
        figures.orNull("pendingRecords"),
        figures.orNull("engine.kvCacheUsedTokens"),
        figures.orNull("engine.kvCacheTokens"),
        figures.orNull("engine.cachedPromptTokens"),
        figures.orNull("engine.computedTokens"),
        steps == null || seconds == null || steps == 0 ? null : MILLIS * seconds / steps,
        figures.orNull("engine.deviceMemoryBytes"));
  }

  private Sample sample(long now) {
    EngineFigures figures = engine.orElse(NONE);
    return new Sample(
        now,
        promptRate.perSecond(now),
        completionRate.perSecond(now),
        deadLetterRate.perSecond(now),
        tokenRate.perSecond(now),
        figures.orNull("pendingRecords"),
        figures.orNull("engine.waitingRequests"),
        figures.orNull("engine.runningRequests"),
        share(figures, "engine.kvCacheUsedTokens", "engine.kvCacheTokens"),
        share(figures, "engine.runningRequests", "engine.maxRunningRequests"),
        latencies.percentiles(Times::firstToken),
        latencies.percentiles(Times::perToken),
        latencies.percentiles(Times::total));
  }

  /** The engine's count moves while long answers are under way; without it, the completions'. */
  private Optional<Double> generatedTokens() {
    return engine.isPresent()
        ? Optional.ofNullable(engine.get().orNull("engine.generatedTokens"))
        : flinkProblem.isPresent() ? Optional.of((double) tokenCount) : Optional.empty();
  }

  private static Double share(EngineFigures figures, String part, String whole) {
    Double value = figures.orNull(part);
    Double of = figures.orNull(whole);
    return value == null || of == null || of == 0 ? null : Math.min(1, value / of);
  }
}
