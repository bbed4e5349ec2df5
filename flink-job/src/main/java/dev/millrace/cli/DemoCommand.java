package dev.millrace.cli;

import dev.millrace.cli.local.Directories;
import dev.millrace.cli.local.LocalPorts;
import dev.millrace.cli.report.ProgressDisplay;
import dev.millrace.job.model.ModelRuntimeFactory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Shows the whole path on this machine. */
@Command(
    name = "demo",
    header = "Run the whole path on this machine, from prompts to completions.",
    description = {
      "Starts a real Kafka broker and a Flink cluster inside this process, sends sample",
      "documents to be summarised, enriched and labelled, and shows the answers and where the",
      "time went. Everything it starts and writes is gone when it ends.",
      "",
      "Exit status 0 says that every prompt had exactly one outcome, and every completion",
      "exactly one latency record, as a read_committed consumer sees them; 3 that not."
    },
    footer = {
      "  millrace demo",
      "  millrace demo --prompts 500",
      "  millrace demo --json > result.json        one JSON object on stdout, progress on stderr",
      "  millrace demo --model ~/models/Llama-3.2-1B-Instruct"
    })
final class DemoCommand implements Callable<Integer> {
  private static final Duration COMMIT_INTERVAL = Duration.ofSeconds(1);
  private static final int ANY_PORT = 0;

  @Spec private CommandSpec spec;
  @Mixin private ModelOption model;
  @Mixin private SettingsOption settings;

  @Option(
      names = "--prompts",
      paramLabel = "N",
      defaultValue = "60",
      description = "How many prompts to send. Default: ${DEFAULT-VALUE}.")
  private int prompts;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      defaultValue = "96",
      description = "The most tokens of an answer. Default: ${DEFAULT-VALUE}.")
  private int maxTokens;

  @Option(
      names = "--json",
      description = {
        "Print one JSON object on stdout and nothing else there: prompts, completions,",
        "deadLetters, latencyRecords, tokensPerSecond, elapsedSeconds; and, where the documents",
        "come with their right answers, labelAccuracy, enrichValid, enrichExact,",
        "summaryFactRecall, summaryNumbersFaithful."
      })
  private boolean json;

  @Override
  public Integer call() throws IOException {
    requirePositive("--prompts", prompts);
    requirePositive("--max-tokens", maxTokens);
    Installation installation = Installation.current();
    Path checkpoint = model.checkpoint(installation);
    List<DemoPrompts.DemoPrompt> work =
        DemoPrompts.take(
            DemoDocument.readAll(documents(installation, checkpoint)), prompts, maxTokens);
    PrintWriter err = spec.commandLine().getErr();
    Path folder = Files.createTempDirectory("millrace-demo-");
    try (ClosingStack open = new ClosingStack()) {
      open.push(() -> Directories.deleteRecursively(folder));
      LocalPipeline pipeline =
          LocalPipeline.start(
              new LocalSettings(
                  folder,
                  checkpoint,
                  Optional.empty(),
                  Optional.empty(),
                  LocalPorts.free(),
                  ANY_PORT,
                  COMMIT_INTERVAL,
                  settings.configuration(),
                  ModelRuntimeFactory.ofProcess()),
              err,
              open);
      err.println("  Console at " + pipeline.openConsole(ANY_PORT, open) + " until this ends");
      DemoRun run = new DemoRun(pipeline, err, new ProgressDisplay(err, installation.terminal()));
      run.answer(work);
      return new DemoSummary(run, work).print(json, spec.commandLine());
    }
  }

  /** A checkpoint may bring documents that it was not trained on. */
  private static Path documents(Installation installation, Path checkpoint) {
    Path heldOut = checkpoint.resolve("heldout.jsonl");
    return Files.isRegularFile(heldOut) ? heldOut : installation.sampleDocuments();
  }

  private void requirePositive(String option, int value) {
    if (value < 1) {
      throw new ParameterException(
          spec.commandLine(), option + " " + value + ": must be at least 1");
    }
  }
}
