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
import dev.millrace.engine.StepReport;
import dev.millrace.engine.model.Checkpoint;
import dev.millrace.engine.model.FloatType;
import dev.millrace.engine.model.MachineLimits;
import dev.millrace.engine.model.ModelConfig;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Runs a {@link Workload} on an engine of its own, and measures what the machine could do. */
public final class EngineBench {
  private static final long WARM_UP_SEED = 1;
  private static final long SEED = 0;

  private final EngineOptions options;
  private final Workload workload;
  private final int batch;
  private final Supplier<MachineLimits> limits;

  /**
   * @param batch the most sequences in a step
   */
  public EngineBench(EngineOptions options, Workload workload, int batch) {
    this(
        options, workload, batch, () -> MachineLimits.measure(options.device(), options.threads()));
  }

  EngineBench(EngineOptions options, Workload workload, int batch, Supplier<MachineLimits> limits) {
    this.options = requireNonNull(options, "options");
    this.workload = requireNonNull(workload, "workload");
    this.batch = batch;
    this.limits = requireNonNull(limits, "limits");
  }

  /**
   * Loads the model, runs the workload once after a short run that does not count.
   *
   * @param progress told how far loading is
   */
  public EngineReport run(EngineListener progress) {
    StepLog log = new StepLog(progress);
    long start = System.nanoTime();
    try (Engine engine = Engine.open(options, log)) {
      double loadSeconds = seconds(start);
      ModelInfo model = engine.model();
      answer(engine, workload.warmUp(batch).requests(model.vocabularySize(), WARM_UP_SEED));
      log.take();
      List<GenerateRequest> requests = workload.requests(model.vocabularySize(), SEED);
      long begin = System.nanoTime();
      List<Completion> completions = answer(engine, requests);
      double seconds = seconds(begin);
      return report(model, loadSeconds, seconds, completions, log.take());
    }
  }

  private EngineReport report(
      ModelInfo model,
      double loadSeconds,
      double seconds,
      List<Completion> completions,
      List<StepReport> steps) {
    long peak = PeakMemory.bytes(); // before the measurement of the limits takes its own
    FloatType type =
        model.precision() == Precision.FLOAT32 ? FloatType.FLOAT32 : FloatType.BFLOAT16;
    ModelConfig config = Checkpoint.open(options.checkpoint()).config();
    MachineLimits machine = limits.get();
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
        StepFigures.of(steps.stream().filter(StepReport::isDecode).toList(), config, type, machine),
        StepFigures.of(
            steps.stream().filter(step -> !step.isDecode()).toList(), config, type, machine),
        machine,
        config.cacheBytesPerToken(type) * model.cacheCapacity(),
        peak);
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
