package dev.millrace.cli;

import dev.millrace.job.model.ModelRuntimeFactory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs broker, job and console until it is stopped. */
@Command(
    name = "up",
    header = "Run a broker, the job and the live console until Ctrl-C.",
    description = {
      "Topics, records and the job's checkpoints are kept in a folder: the next 'up' goes on",
      "where this one stopped, without losing or repeating an outcome. Send prompts with",
      "'millrace submit' and fetch the outcomes with 'millrace collect'."
    },
    footer = {
      "  millrace up",
      "  millrace up --tasks deploy/tasks",
      "  millrace up --model ~/models/Llama-3.2-1B-Instruct --port 19092 --web-port 18081"
    })
final class UpCommand implements Callable<Integer> {
  private static final Duration ALIVE_CHECK_INTERVAL = Duration.ofSeconds(1);

  @Spec private CommandSpec spec;
  @Mixin private ModelOption model;
  @Mixin private SettingsOption settings;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "9092",
      description = "Where Kafka clients connect, on 127.0.0.1. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = "--web-port",
      paramLabel = "PORT",
      defaultValue = "8081",
      description = "Flink's web UI, on 127.0.0.1. Default: ${DEFAULT-VALUE}.")
  private int webPort;

  @Option(
      names = "--console-port",
      paramLabel = "PORT",
      defaultValue = "8090",
      description = "The live console, on 127.0.0.1; 0: a free port. Default: ${DEFAULT-VALUE}.")
  private int consolePort;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Where everything is kept. Default: .millrace/up.")
  private Optional<Path> data = Optional.empty();

  @Option(
      names = "--tasks",
      paramLabel = "FILE",
      description = {
        "A file of tasks, or a folder of them: requests may then name a task, and the topics that",
        "tasks are bound to are read, too. See docs/tasks.md."
      })
  private Optional<Path> tasks = Optional.empty();

  @Mixin private GuardOption guard;

  @Option(
      names = "--commit-interval",
      paramLabel = "SECONDS",
      defaultValue = "5",
      description = {
        "How often the job checkpoints; outcomes become visible then. Default: ${DEFAULT-VALUE}."
      })
  private int commitSeconds;

  @Override
  public Integer call() throws IOException {
    if (commitSeconds < 1) {
      throw new ParameterException(
          spec.commandLine(), "--commit-interval " + commitSeconds + ": must be at least 1 second");
    }
    Installation installation = Installation.current();
    Path checkpoint = model.checkpoint(installation);
    Path folder = data.orElseGet(() -> installation.work().resolve("up")).toAbsolutePath();
    PrintWriter err = spec.commandLine().getErr();
    try (ClosingStack open = new ClosingStack()) {
      LocalPipeline pipeline =
          LocalPipeline.start(
              new LocalSettings(
                  folder,
                  checkpoint,
                  tasks,
                  guard.file(),
                  port,
                  webPort,
                  Duration.ofSeconds(commitSeconds),
                  settings.configuration(),
                  ModelRuntimeFactory.ofProcess()),
              err,
              open);
      err.println("Kafka    " + pipeline.bootstrapServers());
      err.println("Console  " + pipeline.openConsole(consolePort, open));
      err.println("Flink    " + pipeline.webUi());
      err.println("Data     " + folder);
      err.println("Ctrl-C stops it; the data stays.");
      return runUntilStopped(pipeline);
    }
  }

  private static int runUntilStopped(LocalPipeline pipeline) throws IOException {
    while (!Thread.currentThread().isInterrupted()) {
      pipeline.requireAlive();
      try {
        Thread.sleep(ALIVE_CHECK_INTERVAL.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return ExitCode.DONE;
  }
}
