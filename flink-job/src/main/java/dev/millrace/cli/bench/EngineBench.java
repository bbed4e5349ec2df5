package dev.millrace.cli.bench;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.Completion;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineListener;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Generation;
import dev.millrace.engine.ModelInfo;
import dev.millrace.engine.Precision;
import dev.millrace.engine.model.Checkpoint;
import dev.millrace.engine.model.FloatType;
import dev.millrace.engine.model.MachineProbe;
import dev.millrace.engine.model.ModelConfig;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Runs a {@link Workload} on an engine of its own, and measures between its steps what the machine
 * could do. The time that this takes is not counted.
 */
public final class EngineBench {
  private static final long WARM_UP_SEED = 1;
  private static final long SEED = 0;

  private final EngineOptions options;
  private final Workload workload;
  private final int batch;
  private final Supplier<MachineProbe> probes;

  /**
   * @param batch the most sequences in a step
   */
  public EngineBench(EngineOptions options, Workload workload, int batch) {
    this(options, workload, batch, () -> MachineProbe.open(options));
  }

  EngineBench(EngineOptions options, Workload workload, int batch, Supplier<MachineProbe> probes) {
    this.options = requireNonNull(options, "options");
    this.workload = requireNonNull(workload, "workload");
    this.batch = batch;
    this.probes = requireNonNull(probes, "probes");
  }

  /**
   * Loads the model, runs the workload once after a short run that does not count.
   *
   * @param progress told how far loading is
   */
  public EngineReport run(EngineListener progress) {
    MeasuredSteps log = new MeasuredSteps(progress, probes);
    long start = System.nanoTime();
    ModelInfo model;
    double loadSeconds;
    double seconds;
    List<Completion> completions;
    try (Engine engine = Engine.open(options, log)) {
      loadSeconds = seconds(start);
      model = engine.model();
      answer(engine, workload.warmUp(batch).requests(model.vocabularySize(), WARM_UP_SEED));
      log.begin();
      List<GenerateRequest> requests = workload.requests(model.vocabularySize(), SEED);
      long begin = System.nanoTime();
      completions = answer(engine, requests);
      seconds = seconds(begin) - log.heldUpSeconds();
    }
    return report(model, loadSeconds, seconds, completions, log);
  }

  private EngineReport report(
      ModelInfo model,
      double loadSeconds,
      double seconds,
      List<Completion> completions,
      MeasuredSteps log) {
    FloatType type =
        model.precision() == Precision.FLOAT32 ? FloatType.FLOAT32 : FloatType.BFLOAT16;
    ModelConfig config = Checkpoint.open(options.checkpoint()).config();
    List<MeasuredStep> steps = log.steps();
    return new EngineReport(
        workload.name(),
        options.checkpoint(),
        model,
        options.threads(),
        batch,
        completions.size(),
        completions.stream().mapToLong(done -> done.usage().promptTokens()).sum(),
        completions.stream().mapToLong(done -> done.usage().cachedPromptTokens()).sum(),
        completions.stream().mapToLong(done -> done.usage().completionTokens()).sum(),
        loadSeconds,
        seconds,
        StepFigures.of(
            steps.stream().filter(step -> step.report().isDecode()).toList(), config, type),
        StepFigures.of(
            steps.stream().filter(step -> !step.report().isDecode()).toList(), config, type),
        log.limits(),
        config.cacheBytesPerToken(type) * model.cacheCapacity(),
        log.peakBytes());
  }

  private static List<Completion> answer(Engine engine, List<GenerateRequest> requests) {
    List<CompletionStage<Completion>> answers =
        requests.stream().map(engine::submit).map(Generation::completion).toList();
    return answers.stream().map(answer -> answer.toCompletableFuture().join()).toList();
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }
}
