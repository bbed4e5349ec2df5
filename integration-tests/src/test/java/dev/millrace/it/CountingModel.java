package dev.millrace.it;

import dev.millrace.engine.Completion;
import dev.millrace.engine.EngineLoad;
import dev.millrace.engine.EngineStatistics;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Generation;
import dev.millrace.engine.Progress;
import dev.millrace.engine.ResponseFormat;
import dev.millrace.job.config.ModelSettings;
import dev.millrace.job.model.EngineModelRuntime;
import dev.millrace.job.model.ModelCard;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.job.model.PromptEncoder;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The process's engine, and a note of what it is given and what it has finished. It may keep
 * answers back, so that a job stays in the middle of its work however fast it is.
 */
final class CountingModel implements ModelRuntime {
  static final Set<String> SUBMITTED = ConcurrentHashMap.newKeySet();
  static final Set<String> FINISHED = ConcurrentHashMap.newKeySet();

  /** How many answers each model still hands over; a model that is not here: all. */
  private static final Map<Path, AtomicInteger> LEFT = new ConcurrentHashMap<>();

  private final ModelRuntime model;
  private final AtomicInteger left;

  private CountingModel(ModelRuntime model, AtomicInteger left) {
    this.model = model;
    this.left = left;
  }

  static ModelRuntime open(ModelSettings settings) {
    AtomicInteger left =
        LEFT.getOrDefault(Path.of(settings.directory()), new AtomicInteger(Integer.MAX_VALUE));
    return new CountingModel(EngineModelRuntime.open(settings), left);
  }

  static void forget() {
    SUBMITTED.clear();
    FINISHED.clear();
    LEFT.clear();
  }

  /**
   * Once opened, a model hands over the answers to so many requests; to the others there is
   * progress.
   *
   * @param model its directory
   */
  static void handOverOnly(Path model, int answers) {
    LEFT.put(model, new AtomicInteger(answers));
  }

  @Override
  public ModelCard card() {
    return model.card();
  }

  @Override
  public PromptEncoder encoder() {
    return model.encoder();
  }

  @Override
  public void prepare(ResponseFormat format) {
    model.prepare(format);
  }

  @Override
  public Generation submit(GenerateRequest request) {
    SUBMITTED.add(request.id());
    Generation generation = model.submit(request);
    if (left.getAndDecrement() <= 0) {
      return new KeptBack(generation);
    }
    generation.completion().thenRun(() -> FINISHED.add(request.id()));
    return generation;
  }

  @Override
  public EngineLoad load() {
    return model.load();
  }

  @Override
  public long generatedTokens() {
    return model.generatedTokens();
  }

  @Override
  public EngineStatistics statistics() {
    return model.statistics();
  }

  @Override
  public long deviceMemoryBytes() {
    return model.deviceMemoryBytes();
  }

  @Override
  public CompletionStage<Void> room() {
    return model.room();
  }

  @Override
  public void close() {
    model.close();
  }

  /** A generation whose end nobody hears of. */
  private record KeptBack(Generation generation) implements Generation {
    @Override
    public GenerateRequest request() {
      return generation.request();
    }

    @Override
    public Progress progress() {
      return generation.progress();
    }

    @Override
    public CompletionStage<Completion> completion() {
      return new CompletableFuture<>();
    }

    @Override
    public void cancel() {
      generation.cancel();
    }
  }
}
