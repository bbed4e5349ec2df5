package dev.millrace.cli;

import static java.util.Objects.requireNonNull;

import dev.millrace.cli.batch.BatchObserver;
import dev.millrace.cli.batch.BatchRun;
import dev.millrace.cli.batch.BatchSettings;
import dev.millrace.cli.batch.BatchStatistics;
import dev.millrace.cli.batch.RowsAreRequests;
import dev.millrace.cli.bench.FilesReport;
import dev.millrace.cli.local.Directories;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.model.ModelRuntimeFactory;
import dev.millrace.job.task.Tasks;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.NaturalJson;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Gives the same requests to the engine alone and to a batch over a file. */
final class FilesBench {
  private static final int MAX_TOKENS = 96;

  private final Path checkpoint;
  private final List<DemoDocument> documents;
  private final int requests;
  private final PrintWriter err;

  /**
   * @param documents to make requests of, again and again if need be
   */
  FilesBench(Path checkpoint, List<DemoDocument> documents, int requests, PrintWriter err) {
    this.checkpoint = requireNonNull(checkpoint, "checkpoint");
    this.documents = List.copyOf(documents);
    this.requests = requests;
    this.err = requireNonNull(err, "err");
  }

  /**
   * Measures the engine, the batch, and the engine again, after a first turn that leaves all of
   * them the same prefix cache.
   *
   * @throws IOException if the batch fails
   */
  FilesReport run() throws IOException {
    List<GenerationRequest> rows =
        DemoPrompts.take(documents, requests, MAX_TOKENS).stream()
            .map(DemoPrompts.DemoPrompt::request)
            .toList();
    try (EngineAlone engine = EngineAlone.open(checkpoint)) {
      tell("warming up");
      engine.tokensPerSecond(rows);
      tell("the engine alone");
      double before = engine.tokensPerSecond(rows);
      tell("a batch over a file");
      Stopwatch start = Stopwatch.start();
      BatchStatistics batch = batch(rows, engine.settings());
      double commandSeconds = start.seconds();
      tell("the engine alone again");
      double after = engine.tokensPerSecond(rows);
      return new FilesReport(
          checkpoint.getFileName().toString(),
          requests,
          (before + after) / 2,
          batch.completionTokens() / (batch.answering().toMillis() / 1000.0),
          commandSeconds);
    }
  }

  private static BatchStatistics batch(List<GenerationRequest> rows, JobSettings settings)
      throws IOException {
    Path folder = Files.createTempDirectory("millrace-bench-");
    try {
      NaturalJson<GenerationRequest> json = NaturalJson.of(GenerationRequest.class);
      Path input =
          Files.write(folder.resolve("rows.jsonl"), rows.stream().map(json::write).toList());
      BatchSettings batch =
          new BatchSettings(
              input,
              folder.resolve("answers.jsonl"),
              new RowsAreRequests(Tasks.none()),
              "answer",
              settings,
              ModelRuntimeFactory.ofProcess(),
              false,
              Duration.ofSeconds(BatchCommand.SAVE_SECONDS));
      try (BatchRun run = BatchRun.open(batch, BatchObserver.NONE)) {
        return run.run();
      }
    } finally {
      Directories.deleteRecursively(folder);
    }
  }

  private void tell(String what) {
    err.println("  " + what);
    err.flush();
  }
}
