package dev.millrace.cli;

import dev.millrace.cli.report.AnswerScores;
import dev.millrace.cli.report.DemoReport;
import dev.millrace.cli.report.OutcomeTally;
import dev.millrace.cli.report.Sample;
import java.io.PrintWriter;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.Set;
import picocli.CommandLine;

/** What a demo shows when it has ended. */
final class DemoSummary {
  private final DemoRun run;
  private final List<DemoPrompts.DemoPrompt> work;
  private final OutcomeTally tally;
  private final DemoReport report;

  DemoSummary(DemoRun run, List<DemoPrompts.DemoPrompt> work) {
    this.run = run;
    this.work = work;
    this.tally = run.tally();
    this.report = DemoReport.of(tally, run.elapsed(), scores(run, work));
  }

  /**
   * Prints samples, figures and the verdict.
   *
   * @param json whether stdout is for the JSON object alone; the text goes to stderr then
   * @return the exit status
   */
  int print(boolean json, CommandLine commandLine) {
    PrintWriter text = json ? commandLine.getErr() : commandLine.getOut();
    printSamples(text);
    printFigures(text);
    text.flush();
    if (json) {
      commandLine.getOut().println(report.toJson());
      commandLine.getOut().flush();
    }
    List<String> violations = tally.violations();
    violations.forEach(violation -> commandLine.getErr().println("  NOT RIGHT: " + violation));
    return violations.isEmpty() ? ExitCode.DONE : ExitCode.INCOMPLETE;
  }

  /** The first prompt of each task. */
  private void printSamples(PrintWriter text) {
    Set<String> tasksShown = new HashSet<>();
    for (DemoPrompts.DemoPrompt prompt : work) {
      if (tasksShown.add(prompt.document().task())) {
        text.println();
        sample(prompt).lines().forEach(text::println);
      }
    }
  }

  private Sample sample(DemoPrompts.DemoPrompt prompt) {
    String id = prompt.request().getId();
    String answer =
        run.answer(id)
            .map(completion -> completion.getText())
            .or(
                () ->
                    run.deadLetter(id).map(letter -> letter.getCode() + ": " + letter.getMessage()))
            .orElse("(no outcome)");
    return new Sample(
        prompt.document().task() + "  " + prompt.document().id(), prompt.document().text(), answer);
  }

  private static AnswerScores scores(DemoRun run, List<DemoPrompts.DemoPrompt> work) {
    AnswerScores scores = new AnswerScores();
    for (DemoPrompts.DemoPrompt prompt : work) {
      run.answer(prompt.request().getId())
          .ifPresent(answer -> prompt.document().score(answer.getText(), scores));
    }
    return scores;
  }

  private static void printShare(PrintWriter text, String what, OptionalDouble share) {
    share.ifPresent(value -> text.printf(Locale.ROOT, "  %s %.0f %%%n", what, 100 * value));
  }

  private void printFigures(PrintWriter text) {
    text.println();
    text.printf(
        Locale.ROOT,
        "  %d prompts: %d completions, %d dead letters, %d latency records%n",
        report.prompts(),
        report.completions(),
        report.deadLetters(),
        report.latencyRecords());
    printShare(text, "labels right:", report.labelAccuracy());
    printShare(text, "events with every field right:", report.enrichExact());
    printShare(text, "key facts in the summaries:", report.summaryFactRecall());
    printShare(text, "summaries without an invented number:", report.summaryNumbersFaithful());
    text.printf(
        Locale.ROOT,
        "  %d tokens in %.1f s, %.0f tokens/s%n%n",
        tally.completionTokens(),
        report.elapsedSeconds(),
        report.tokensPerSecond());
    tally.latencySummary().lines().forEach(line -> text.println("  " + line));
    text.println();
  }
}
