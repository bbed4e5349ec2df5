package dev.millrace.cli;

import dev.millrace.cli.report.OutcomeTally;
import dev.millrace.cli.report.Progress;
import dev.millrace.cli.report.ProgressDisplay;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Sends the demo's prompts through a pipeline and collects the outcomes. */
final class DemoRun implements OutcomeReader.Sink {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration PATIENCE_WITHOUT_NEWS = Duration.ofMinutes(5);

  private final LocalPipeline pipeline;
  private final PrintWriter err;
  private final ProgressDisplay display;
  private final OutcomeTally tally = new OutcomeTally();
  private final Map<String, GenerationResult> answers = new HashMap<>();
  private final Map<String, DeadLetter> deadLetters = new HashMap<>();
  private Stopwatch sinceFirstPrompt = Stopwatch.start();
  private Duration elapsed = Duration.ZERO;

  DemoRun(LocalPipeline pipeline, PrintWriter err, ProgressDisplay display) {
    this.pipeline = pipeline;
    this.err = err;
    this.display = display;
  }

  /**
   * Sends every prompt, waits for the outcomes, stops the job, and counts what is committed then.
   *
   * @throws IOException if the job fails
   */
  void answer(List<DemoPrompts.DemoPrompt> work) throws IOException {
    try (OutcomeReader reader = new OutcomeReader(pipeline.cluster(), Optional.empty())) {
      send(work);
      awaitOutcomes(reader);
      elapsed = sinceFirstPrompt.elapsed();
      display.end();
      // Only now can nothing more come, and a second outcome of a prompt would show.
      pipeline.stopJob();
      reader.readToEnd(this);
    }
  }

  /** Counts of everything that came back. */
  OutcomeTally tally() {
    return tally;
  }

  /** From the first prompt sent until the last outcome was visible. */
  Duration elapsed() {
    return elapsed;
  }

  Optional<GenerationResult> answer(String id) {
    return Optional.ofNullable(answers.get(id));
  }

  Optional<DeadLetter> deadLetter(String id) {
    return Optional.ofNullable(deadLetters.get(id));
  }

  @Override
  public void completion(GenerationResult completion) {
    if (answers.isEmpty()) {
      display.end();
      err.printf(
          Locale.ROOT,
          "  first completion after %.1f s (%.1f s after the broker was up)%n",
          seconds(sinceFirstPrompt.elapsed()),
          seconds(pipeline.sinceBrokerUp()));
    }
    tally.add(completion);
    answers.put(completion.getId(), completion);
  }

  @Override
  public void latency(GenerationLatency latency) {
    tally.add(latency);
  }

  @Override
  public void deadLetter(DeadLetter deadLetter) {
    tally.add(deadLetter);
    deadLetter.getId().ifPresent(id -> deadLetters.put(id, deadLetter));
  }

  private void send(List<DemoPrompts.DemoPrompt> work) {
    try (PromptSender sender =
        new PromptSender(pipeline.cluster(), pipeline.cluster().topics().prompts())) {
      sinceFirstPrompt = Stopwatch.start();
      for (DemoPrompts.DemoPrompt prompt : work) {
        tally.sent(prompt.request().getId());
        sender.send(prompt.request());
      }
      sender.flush();
    }
  }

  private void awaitOutcomes(OutcomeReader reader) throws IOException {
    Stopwatch sinceNews = Stopwatch.start();
    while (!tally.isComplete()) {
      if (reader.poll(POLL, this) > 0) {
        sinceNews = Stopwatch.start();
      } else {
        pipeline.requireAlive();
        requireNews(sinceNews);
      }
      display.show(
          new Progress(
              tally.done(), tally.prompts(), tally.completionTokens(), sinceFirstPrompt.elapsed()));
    }
  }

  private static void requireNews(Stopwatch sinceNews) {
    if (sinceNews.elapsed().compareTo(PATIENCE_WITHOUT_NEWS) > 0) {
      throw new CommandException(
          "no outcome has come for " + PATIENCE_WITHOUT_NEWS.toMinutes() + " minutes: see the log");
    }
  }

  private static double seconds(Duration time) {
    return time.toNanos() / 1e9;
  }
}
