package dev.millrace.it;

import dev.millrace.engine.EngineLoad;
import dev.millrace.engine.EngineStatistics;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Generation;
import dev.millrace.engine.ResponseFormat;
import dev.millrace.job.config.ModelSettings;
import dev.millrace.job.model.EngineModelRuntime;
import dev.millrace.job.model.ModelCard;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.job.model.PromptEncoder;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** The process's engine, and a note of what it is given and what it has finished. */
final class CountingModel implements ModelRuntime {
  static final Set<String> SUBMITTED = ConcurrentHashMap.newKeySet();
  static final Set<String> FINISHED = ConcurrentHashMap.newKeySet();

  private final ModelRuntime model;

  private CountingModel(ModelRuntime model) {
    this.model = model;
  }

  static ModelRuntime open(ModelSettings settings) {
    return new CountingModel(EngineModelRuntime.open(settings));
  }

  static void forget() {
    SUBMITTED.clear();
    FINISHED.clear();
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
}
