package dev.millrace.cli;

import static java.util.Objects.requireNonNull;

import dev.millrace.cli.bench.InstantModel;
import dev.millrace.cli.bench.PipelineReport;
import dev.millrace.cli.local.Directories;
import dev.millrace.cli.local.LocalPorts;
import dev.millrace.job.model.ModelRuntimeFactory;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.GenerationResult;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.flink.configuration.Configuration;

/**
 * Gives the same requests to the engine alone and to the whole path on this machine, and measures
 * what the path can do when a model costs nothing.
 */
final class PipelineBench {
  /** That of {@code millrace up}. */
  private static final Duration COMMIT_INTERVAL = Duration.ofSeconds(5);

  private static final Duration POLL = Duration.ofMillis(50);
  private static final int ANY_PORT = 0;
  private static final int MAX_TOKENS = 96;
  private static final int WARM_UP = 1_200;
  private static final int MOST_DIFFERENT_PROMPTS = 2_000;
  private static final int RECORDS_WITHOUT_MODEL = 300_000;

  /** So many that the JVM's compilers are done: they take as much time as the records before. */
  private static final int WARM_UP_WITHOUT_MODEL = 250_000;

  private final Path checkpoint;
  private final List<DemoDocument> documents;
  private final int requests;
  private final PrintWriter err;

  /**
   * @param documents to make prompts of, again and again if need be
   */
  PipelineBench(Path checkpoint, List<DemoDocument> documents, int requests, PrintWriter err) {
    this.checkpoint = requireNonNull(checkpoint, "checkpoint");
    this.documents = List.copyOf(documents);
    this.requests = requests;
    this.err = requireNonNull(err, "err");
  }

  /**
   * Measures; takes a minute or two.
   *
   * @throws IOException if a part of the pipeline does not start, or the job fails
   */
  PipelineReport run() throws IOException {
    double records = recordsPerSecondWithoutModel();
    try (EngineAlone engine = EngineAlone.open(checkpoint)) {
      engine.tokensPerSecond(prompts(WARM_UP));
      double before = engine.tokensPerSecond(prompts(requests));
      double pipeline = pipelineTokensPerSecond();
      double after = engine.tokensPerSecond(prompts(requests));
      return new PipelineReport(
          checkpoint.getFileName().toString(), requests, (before + after) / 2, pipeline, records);
    }
  }

  private double pipelineTokensPerSecond() throws IOException {
    return onPipeline(
        ModelRuntimeFactory.ofProcess(),
        pipeline -> {
          try (OutcomeReader reader = new OutcomeReader(pipeline.cluster(), Optional.empty())) {
            await(pipeline, reader, new Emissions(), WARM_UP);
            return await(pipeline, reader, new Emissions(), requests).tokensPerSecond();
          }
        });
  }

  private Emissions await(
      LocalPipeline pipeline, OutcomeReader reader, Emissions emissions, int count)
      throws IOException {
    emissions.start = System.currentTimeMillis();
    send(pipeline, count);
    emissions.sent = System.currentTimeMillis();
    while (emissions.latencies < count) {
      if (reader.poll(POLL, emissions) == 0) {
        pipeline.requireAlive();
      }
    }
    return emissions;
  }

  /** From the first prompt that is sent to the last completion that can be read. */
  private double recordsPerSecondWithoutModel() throws IOException {
    return onPipeline(
        InstantModel::open,
        pipeline -> {
          try (CompletionCounter counter = new CompletionCounter(pipeline.bootstrapServers())) {
            send(pipeline, WARM_UP_WITHOUT_MODEL);
            countTo(WARM_UP_WITHOUT_MODEL, counter, pipeline);
            Stopwatch start = Stopwatch.start();
            send(pipeline, RECORDS_WITHOUT_MODEL);
            countTo(WARM_UP_WITHOUT_MODEL + RECORDS_WITHOUT_MODEL, counter, pipeline);
            return RECORDS_WITHOUT_MODEL / start.seconds();
          }
        });
  }

  private static void countTo(int count, CompletionCounter counter, LocalPipeline pipeline)
      throws IOException {
    while (counter.count() < count) {
      if (counter.poll(POLL) == 0) {
        pipeline.requireAlive();
      }
    }
  }

  private List<GenerationRequest> prompts(int count) {
    return DemoPrompts.take(documents, count, MAX_TOKENS).stream()
        .map(DemoPrompts.DemoPrompt::request)
        .toList();
  }

  /** The same prompts again and again, so that those to come do not fill the heap. */
  private void send(LocalPipeline pipeline, int count) {
    List<GenerationRequest> prompts = prompts(Math.min(count, MOST_DIFFERENT_PROMPTS));
    try (PromptSender sender = new PromptSender(pipeline.cluster(), LocalTopics.NAMES.prompts())) {
      for (int i = 0; i < count; i++) {
        sender.send(prompts.get(i % prompts.size()));
      }
      sender.flush();
    }
  }

  /** What is measured on a pipeline. */
  @FunctionalInterface
  private interface Measurement {
    double on(LocalPipeline pipeline) throws IOException;
  }

  private double onPipeline(ModelRuntimeFactory models, Measurement measurement)
      throws IOException {
    Path folder = Files.createTempDirectory("millrace-bench-");
    try (ClosingStack open = new ClosingStack()) {
      open.push(() -> Directories.deleteRecursively(folder));
      LocalSettings settings =
          new LocalSettings(
              folder,
              checkpoint,
              Optional.empty(),
              Optional.empty(),
              LocalPorts.free(),
              ANY_PORT,
              COMMIT_INTERVAL,
              new Configuration(),
              models);
      return measurement.on(LocalPipeline.start(settings, err, open));
    }
  }

  /** When outcomes left the job, which is up to a checkpoint before they are visible. */
  private static final class Emissions implements OutcomeReader.Sink {
    private long start;
    private long sent;
    private long last;
    private long tokens;
    private int latencies;

    @Override
    public void completion(GenerationResult completion) {
      tokens += completion.getCompletionTokens();
    }

    @Override
    public void latency(GenerationLatency latency) {
      latencies++;
      last = Math.max(last, emittedAt(latency));
    }

    /** At the latest: a prompt's own timestamp is no later than when all were sent. */
    private long emittedAt(GenerationLatency latency) {
      return sent + Math.round(latency.getTotalMs());
    }

    @Override
    public void deadLetter(DeadLetter deadLetter) {
      throw new CommandException("a prompt was refused: " + deadLetter.getMessage());
    }

    double tokensPerSecond() {
      return tokens * 1000.0 / (last - start);
    }
  }
}
