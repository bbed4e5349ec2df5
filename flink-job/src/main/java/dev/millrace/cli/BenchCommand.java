package dev.millrace.cli;

import dev.millrace.cli.bench.BenchReport;
import dev.millrace.cli.bench.ConstrainedBench;
import dev.millrace.cli.bench.EngineBench;
import dev.millrace.cli.bench.EngineReport;
import dev.millrace.cli.bench.RandomCheckpoint;
import dev.millrace.cli.bench.Shape;
import dev.millrace.cli.bench.WideVocabulary;
import dev.millrace.cli.bench.Workload;
import dev.millrace.cli.local.Directories;
import dev.millrace.cli.report.LoadDisplay;
import dev.millrace.engine.Device;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.Precision;
import dev.millrace.engine.model.LlamaModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** How fast this machine is, and how close to its limit. */
@Command(
    name = "bench",
    header = "Measure how fast this machine is, and how close to its limit.",
    description = {
      "Runs a workload through the engine alone, then measures in the same process how fast the",
      "machine reads memory and multiplies matrices. A step cannot be faster than the bytes it",
      "has to read and the operations it has to do allow; the share of that limit is printed",
      "beside each throughput. docs/benchmarks.md has the formula.",
      "",
      "Workloads:",
      "  decode      a batch of prompts of 128 tokens, 64 out each",
      "  mixed       256 requests of 100 to 1,024 tokens in and out",
      "  summarise   32 prompts of 1,000 to 2,000 tokens, 128 out each",
      "  label       256 short texts after a shared prefix of 500 tokens, 5 out each"
    },
    footer = {
      "  millrace bench",
      "  millrace bench mixed --json",
      "  millrace bench --shape llama-3.2-1b --batch 32",
      "  millrace bench --shape llama-3.2-1b --input-tokens 512 --output-tokens 1 --batch 8",
      "  millrace bench --pipeline --json        from topic to topic, against the engine alone",
      "  millrace bench --files                  from file to file, against the engine alone",
      "  millrace bench --constrained            what a JSON Schema costs a step"
    })
final class BenchCommand implements Callable<Integer> {
  private static final int DEFAULT_BATCH = 32;
  private static final int PIPELINE_REQUESTS = 1000;
  private static final int FILES_REQUESTS = 1000;
  private static final int CONSTRAINED_PAIRS = 8;

  @Spec private CommandSpec spec;
  @Mixin private ModelOption model;

  @Parameters(
      arity = "0..1",
      paramLabel = "WORKLOAD",
      description = "decode, mixed, summarise or label. Default: decode.")
  private Optional<String> workload = Optional.empty();

  @Option(names = "--workload", paramLabel = "NAME", description = "The same as an option.")
  private Optional<String> workloadOption = Optional.empty();

  @Option(
      names = "--shape",
      paramLabel = "NAME",
      description = {
        "A model of this shape with random weights, kept in ~/.cache/millrace:",
        "llama-3.2-1b, llama-3.2-3b, llama-3.1-8b, tinyllama-1.1b or smollm-135m."
      })
  private Optional<String> shape = Optional.empty();

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "" + DEFAULT_BATCH,
      description = "The most requests at a time. Default: ${DEFAULT-VALUE}.")
  private int batch;

  @Option(
      names = "--requests",
      paramLabel = "N",
      description = "How many requests, in place of the workload's own number.")
  private Optional<Integer> requests = Optional.empty();

  @Option(
      names = "--input-tokens",
      paramLabel = "N",
      description = "The length of every prompt, in place of the workload's own.")
  private Optional<Integer> inputTokens = Optional.empty();

  @Option(
      names = "--output-tokens",
      paramLabel = "N",
      description = "The length of every answer, in place of the workload's own.")
  private Optional<Integer> outputTokens = Optional.empty();

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "0",
      description = "Processor threads for the model; 0: what suits it.")
  private int threads;

  @Option(
      names = "--no-prefix-cache",
      description = "Compute what prompts begin with every time, to compare.")
  private boolean noPrefixCache;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "cpu",
      description = "cpu, cuda or cuda:N. Default: ${DEFAULT-VALUE}.")
  private String device;

  @Option(
      names = "--precision",
      paramLabel = "TYPE",
      defaultValue = "auto",
      description = "float32, bfloat16 or auto. Default: ${DEFAULT-VALUE}.")
  private String precision;

  @Option(
      names = "--pipeline",
      description = {
        "Measure the whole path instead: sample documents through the engine",
        "alone and from topic to topic, on a broker and Flink in this process,",
        "and how many records it takes if a model costs nothing. Of the options",
        "above only --model, --shape and --requests count."
      })
  private boolean pipeline;

  @Option(
      names = "--files",
      description = {
        "Measure a batch over a file instead: the same requests through the",
        "engine alone and through 'millrace batch'. The same options count."
      })
  private boolean files;

  @Option(
      names = "--constrained",
      description = {
        "Measure what it costs a step to hold answers to a JSON Schema: steps of",
        "--batch sequences with and without, in turn. --model, --shape, --batch,",
        "--threads, --device and --precision count."
      })
  private boolean constrained;

  @Option(
      names = "--json",
      description = {
        "Print one JSON object on stdout and nothing else there; among its keys",
        "are decodeTokensPerSecond, decodeLimitShare, prefillTokensPerSecond,",
        "prefillLimitShare, requestsPerSecond and peakRssBytes; with --pipeline,",
        "pipelineShare and recordsPerSecondWithoutModel; with --files, batchShare;",
        "with --constrained, maskOverhead."
      })
  private boolean json;

  @Override
  public Integer call() throws IOException {
    if (Stream.of(pipeline, files, constrained).filter(chosen -> chosen).count() > 1) {
      throw new ParameterException(
          spec.commandLine(), "--pipeline, --files and --constrained: one at a time");
    }
    if (pipeline) {
      return benchPipeline();
    }
    if (files) {
      return benchFiles();
    }
    if (constrained) {
      return benchConstrained();
    }
    Workload load = checked(this::load);
    EngineOptions options = options(checkpoint());
    LoadDisplay progress =
        new LoadDisplay(spec.commandLine().getErr(), Installation.current().terminal());
    EngineReport report = new EngineBench(options, load, batch).run(progress);
    return tell(report);
  }

  private int benchPipeline() throws IOException {
    return tell(
        new PipelineBench(
                checkpoint(),
                documents(),
                requests.orElse(PIPELINE_REQUESTS),
                spec.commandLine().getErr())
            .run());
  }

  private int benchFiles() throws IOException {
    return tell(
        new FilesBench(
                checkpoint(),
                documents(),
                requests.orElse(FILES_REQUESTS),
                spec.commandLine().getErr())
            .run());
  }

  private int benchConstrained() throws IOException {
    Path checkpoint = checkpoint();
    Path wide = Files.createTempDirectory("millrace-bench-");
    try {
      return tell(
          new ConstrainedBench(
                  checkpoint.getFileName().toString(),
                  options(WideVocabulary.of(checkpoint, wide)),
                  batch,
                  CONSTRAINED_PAIRS)
              .run(spec.commandLine().getErr()));
    } finally {
      Directories.deleteRecursively(wide);
    }
  }

  private static List<DemoDocument> documents() throws IOException {
    return DemoDocument.readAll(Installation.current().demoModel().resolve("heldout.jsonl"));
  }

  private int tell(BenchReport report) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(report.toJson());
    } else {
      report.print(out);
    }
    out.flush();
    return ExitCode.DONE;
  }

  private Workload load() {
    String name = workload.or(() -> workloadOption).orElse("decode").toLowerCase(Locale.ROOT);
    if (batch < 1) {
      throw new IllegalArgumentException("--batch " + batch + ": must be at least 1");
    }
    Workload load =
        Workload.named(name, batch)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "no workload " + name + ": name decode, mixed, summarise or label"));
    if (requests.isPresent()) {
      load = load.withRequests(requests.get());
    }
    if (inputTokens.isPresent()) {
      load = load.withPrompts(inputTokens.get());
    }
    return outputTokens.isPresent() ? load.withAnswers(outputTokens.get()) : load;
  }

  private EngineOptions options(Path checkpoint) {
    EngineOptions options =
        checked(
            () ->
                new EngineOptions(
                    checkpoint,
                    Device.parse(device),
                    Precision.parse(precision),
                    threads,
                    0,
                    0,
                    batch,
                    !noPrefixCache,
                    Optional.empty(),
                    Optional.empty(),
                    Map.of()));
    return options.withThreads(LlamaModel.threads(options));
  }

  private Path checkpoint() throws IOException {
    Installation installation = Installation.current();
    if (shape.isEmpty()) {
      return model.checkpoint(installation);
    }
    Shape named =
        Shape.named(shape.get())
            .orElseThrow(
                () ->
                    new ParameterException(
                        spec.commandLine(),
                        "no shape " + shape.get() + ": name one of " + Shape.names()));
    spec.commandLine().getErr().println("  model of shape " + named.name());
    return RandomCheckpoint.in(
        installation.cache().resolve("shapes"), named, installation.demoModel());
  }

  /** An impossible value of an option is a wrong command line. */
  private <T> T checked(Supplier<T> made) {
    try {
      return made.get();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }
}
