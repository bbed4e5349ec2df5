package dev.millrace.cli;

import dev.millrace.cli.batch.BatchObserver;
import dev.millrace.cli.batch.BatchRun;
import dev.millrace.cli.batch.BatchSettings;
import dev.millrace.cli.batch.BatchStatistics;
import dev.millrace.cli.batch.Outputs;
import dev.millrace.cli.batch.RowRequests;
import dev.millrace.cli.batch.RowsAreRequests;
import dev.millrace.cli.batch.RowsHaveColumn;
import dev.millrace.cli.batch.RowsHaveTask;
import dev.millrace.cli.report.Progress;
import dev.millrace.cli.report.ProgressDisplay;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.MillraceOptions;
import dev.millrace.job.model.ModelRuntimeFactory;
import dev.millrace.job.task.Tasks;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.apache.flink.configuration.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Answers the rows of files. */
@Command(
    name = "batch",
    header = "Answer every row of files, without a broker; resumable.",
    description = {
      "Reads a file or a folder of JSONL, CSV, Avro or Parquet and writes the same rows with",
      "their answers, in their order. With --column a row's column is the user's message and the",
      "answer becomes a new column; with --task the columns are the task's input. Without either",
      "rows are requests: Millrace's own (id, messages, ...) or lines of an OpenAI batch file",
      "(custom_id, body), and results are written.",
      "",
      "Rows that cannot be answered go to an errors file, with the reason, and labels of a task",
      "with too small a margin also to a review file. Stop it with Ctrl-C or kill it: run again,",
      "it does only what is missing or failed, and goes on inside the answers that were under way.",
      "At the end a report is written as one HTML file.",
      "",
      "The exit status is 0 if rows were answered, also if others failed; 3 in that case with",
      "--fail-on-errors; 1 if no row was answered."
    },
    footer = {
      "  millrace batch mails.csv labelled.csv --column text --system \"Name the category.\"",
      "  millrace batch mails.csv labelled.csv --task label --into label",
      "  millrace batch reviews/ answers/ --column body --into summary --max-tokens 80",
      "  millrace batch openai-batch.jsonl results.jsonl"
    })
final class BatchCommand implements Callable<Integer> {
  static final int SAVE_SECONDS = 2;
  private static final double SHORTEST_SAVE_SECONDS = 0.1;
  private static final String NO_BROKER = "no-broker:0";

  @Spec private CommandSpec spec;
  @Mixin private ModelOption model;
  @Mixin private SettingsOption given;

  @Parameters(index = "0", paramLabel = "INPUT", description = "A file, or a folder of files.")
  private Path input;

  @Parameters(
      index = "1",
      paramLabel = "OUTPUT",
      description = "A file, or a folder for files with the names of the input's.")
  private Path output;

  @Option(
      names = "--column",
      paramLabel = "NAME",
      description = "The column that holds the user's message.")
  private Optional<String> column = Optional.empty();

  @Option(
      names = "--task",
      paramLabel = "NAME",
      description = "The task to run on each row; its columns are the task's input.")
  private Optional<String> task = Optional.empty();

  @Option(
      names = "--tasks",
      paramLabel = "PLACE",
      description = {
        "A file or folder that describes tasks. Default: deploy/tasks. Without --task, rows that",
        "are requests may name them."
      })
  private Optional<Path> tasksPlace = Optional.empty();

  @Mixin private GuardOption guard;

  @Option(
      names = "--system",
      paramLabel = "TEXT",
      description = "With --column: what the system says before each row's message.")
  private Optional<String> system = Optional.empty();

  @Option(
      names = "--into",
      paramLabel = "NAME",
      defaultValue = "answer",
      description =
          "The column for the answer, or what the columns' names begin with; default 'answer'.")
  private String into;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "With --column: the most tokens of an answer. Default: the job's, 256.")
  private Optional<Integer> maxTokens = Optional.empty();

  @Option(
      names = "--restart",
      description = "Forget what earlier runs did for this output and begin again.")
  private boolean restart;

  @Option(
      names = "--fail-on-errors",
      description = "Exit with status 3 if any row failed, not only if all of them did.")
  private boolean failOnErrors;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "0",
      description = "Processor threads for the model; 0: what suits it. Default: ${DEFAULT-VALUE}.")
  private int threads;

  @Option(
      names = "--save-interval",
      paramLabel = "SECONDS",
      defaultValue = "" + SAVE_SECONDS,
      description = {
        "How often work is saved: a killed run loses as much at most. Default: ${DEFAULT-VALUE}."
      })
  private double saveSeconds;

  @Override
  public Integer call() throws IOException {
    requireWithColumn("--system", system.isPresent());
    requireWithColumn("--max-tokens", maxTokens.isPresent());
    if (!(saveSeconds >= SHORTEST_SAVE_SECONDS)) {
      throw new ParameterException(
          spec.commandLine(),
          "--save-interval %s: must be at least %s seconds"
              .formatted(saveSeconds, SHORTEST_SAVE_SECONDS));
    }
    if (task.isPresent() && column.isPresent()) {
      throw new ParameterException(
          spec.commandLine(), "--task and --column: a row's columns are one or the other");
    }
    Installation installation = Installation.current();
    BatchSettings settings = settings(installation);
    PrintWriter err = spec.commandLine().getErr();
    try (ClosingStack open = new ClosingStack()) {
      open.push(() -> tellIfStopped(err));
      Narrator narrator =
          new Narrator(err, new ProgressDisplay(err, installation.terminal()), Stopwatch.start());
      BatchRun run = open.push(BatchRun.open(settings, narrator));
      BatchStatistics statistics = run.run();
      tell(err, statistics, run.outputs());
      return status(statistics);
    }
  }

  private int status(BatchStatistics statistics) {
    if (statistics.rows() > 0 && statistics.answered() == 0) {
      return ExitCode.FAILED;
    }
    boolean incomplete = failOnErrors && statistics.failed() > 0;
    return statistics.missing() == 0 && !incomplete ? ExitCode.DONE : ExitCode.INCOMPLETE;
  }

  private BatchSettings settings(Installation installation) {
    Configuration configuration = given.configuration();
    configuration.set(
        MillraceOptions.MODEL_DIRECTORY,
        model.checkpoint(installation).toAbsolutePath().toString());
    configuration.set(MillraceOptions.BOOTSTRAP_SERVERS, NO_BROKER);
    if (threads > 0) {
      configuration.set(MillraceOptions.THREADS, threads);
    }
    if (task.isPresent() || tasksPlace.isPresent()) {
      configuration.set(
          MillraceOptions.TASKS, tasksPlace.orElseGet(installation::tasks).toString());
    }
    guard.set(configuration);
    JobSettings job = JobSettings.from(configuration);
    return new BatchSettings(
        input,
        output,
        requests(job.tasks().tasks()),
        into,
        job,
        ModelRuntimeFactory.ofProcess(),
        restart,
        Duration.ofMillis(Math.round(1000 * saveSeconds)));
  }

  private RowRequests requests(Tasks tasks) {
    if (task.isPresent()) {
      return new RowsHaveTask(
          tasks
              .named(task.get())
              .orElseThrow(
                  () ->
                      new CommandException(
                          "there is no task '%s': %s"
                              .formatted(task.get(), tasks.suggestion(task.get())))));
    }
    OptionalInt most = maxTokens.map(OptionalInt::of).orElse(OptionalInt.empty());
    return column
        .<RowRequests>map(name -> new RowsHaveColumn(name, system, most))
        .orElseGet(() -> new RowsAreRequests(tasks));
  }

  private void requireWithColumn(String option, boolean given) {
    if (given && column.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), option + " belongs to --column: without it rows are requests");
    }
  }

  private static void tellIfStopped(PrintWriter err) {
    if (ClosingStack.processIsEnding()) {
      err.printf("%nStopped. What is done is kept: the same command goes on where it was.%n");
      err.flush();
    }
  }

  private static void tell(PrintWriter err, BatchStatistics statistics, Outputs outputs) {
    err.printf(
        Locale.ROOT,
        "%d rows: %d answered, %d failed%n",
        statistics.rows(),
        statistics.answered(),
        statistics.failed());
    if (statistics.answered() == 0) {
      statistics.mainFailure().ifPresent(why -> err.println("No row was answered. " + why));
    }
    if (statistics.gold() > 0) {
      err.printf(
          Locale.ROOT,
          "Gold     %d of %d known labels are right%n",
          statistics.goldRight(),
          statistics.gold());
    }
    err.println("Answers  " + outputs.answers());
    if (statistics.failed() > 0) {
      err.println("Errors   " + outputs.errors() + "; run again to retry these rows");
    }
    if (statistics.doubtful() > 0) {
      err.printf("Review   %s; labels in doubt: %d%n", outputs.review(), statistics.doubtful());
    }
    err.println("Report   " + outputs.report());
    err.flush();
  }

  /** Tells a person how the batch goes on. */
  private static final class Narrator implements BatchObserver {
    private final PrintWriter err;
    private final ProgressDisplay display;
    private final Stopwatch start;
    private Stopwatch sinceRunning = Stopwatch.start();
    private long before = -1;

    Narrator(PrintWriter err, ProgressDisplay display, Stopwatch start) {
      this.err = err;
      this.display = display;
      this.start = start;
    }

    @Override
    public void planned(long rows, long missing, boolean resumes) {
      err.printf(
          Locale.ROOT,
          resumes
              ? "  going on with an interrupted run of %2$d rows, %3$.1f s%n"
              : "  %d rows, %d to answer, %.1f s%n",
          rows,
          missing,
          start.seconds());
      err.flush();
    }

    @Override
    public void running() {
      err.printf(Locale.ROOT, "  model loaded, %.1f s%n", start.seconds());
      err.flush();
      sinceRunning = Stopwatch.start();
    }

    @Override
    public void progress(long done, long rows, long tokens) {
      if (before < 0) {
        before = done;
      }
      display.show(
          new Progress(
              Math.toIntExact(done),
              Math.toIntExact(rows),
              tokens,
              sinceRunning.elapsed(),
              Math.toIntExact(before)));
      if (done == rows) {
        display.end();
      }
    }
  }
}
