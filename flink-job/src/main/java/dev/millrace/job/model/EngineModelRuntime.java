package dev.millrace.job.model;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineLoad;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.EngineStatistics;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Generation;
import dev.millrace.engine.GenerationException;
import dev.millrace.engine.ModelInfo;
import dev.millrace.engine.ResponseFormat;
import dev.millrace.engine.SharedEngines;
import dev.millrace.engine.text.ChatTemplate;
import dev.millrace.job.config.ModelSettings;
import java.util.concurrent.CompletionStage;

/** A hold on this process's engine for a checkpoint. */
public final class EngineModelRuntime implements ModelRuntime {
  private final SharedEngines.Lease lease;
  private final ModelCard card;
  private final PromptEncoder encoder;

  private EngineModelRuntime(SharedEngines.Lease lease, ModelCard card, PromptEncoder encoder) {
    this.lease = requireNonNull(lease, "lease");
    this.card = requireNonNull(card, "card");
    this.encoder = requireNonNull(encoder, "encoder");
  }

  /**
   * Opens the engine of the settings, sharing it with whoever asks for the same in this process.
   *
   * @throws dev.millrace.engine.CheckpointException if the checkpoint cannot be served
   */
  public static ModelRuntime open(ModelSettings settings) {
    EngineOptions options = settings.engineOptions();
    SharedEngines.Lease lease = SharedEngines.ofProcess().acquire(options, settings.linger());
    try {
      Engine engine = lease.engine();
      ChatTemplate template =
          ChatTemplate.load(options.checkpoint(), engine.tokenizer().vocabulary());
      return new EngineModelRuntime(
          lease, card(settings, options, engine), new EngineEncoder(engine.tokenizer(), template));
    } catch (RuntimeException e) {
      lease.close();
      throw e;
    }
  }

  private static ModelCard card(ModelSettings settings, EngineOptions options, Engine engine) {
    ModelInfo model = engine.model();
    return new ModelCard(
        settings.name(),
        model.weightsHash(),
        ChatTemplateVersion.of(options.checkpoint()),
        EngineVersion.current(),
        model.device().toString(),
        model.contextLength(),
        model.cacheCapacity());
  }

  @Override
  public ModelCard card() {
    return card;
  }

  @Override
  public PromptEncoder encoder() {
    return encoder;
  }

  @Override
  public void prepare(ResponseFormat format) {
    lease.engine().prepare(format);
  }

  @Override
  public void requireAdapter(String name) {
    lease.engine().adapter(name);
  }

  @Override
  public String weightsHash(GenerateRequest request) {
    String model = card.weightsHash();
    return request.adapter().map(name -> model + "+" + adapterHash(name)).orElse(model);
  }

  /** An adapter that is gone has other weights than any: its requests are refused. */
  private String adapterHash(String name) {
    try {
      return lease.engine().adapter(name).hash();
    } catch (GenerationException gone) {
      return "gone";
    }
  }

  @Override
  public Generation submit(GenerateRequest request) {
    return lease.engine().submit(request);
  }

  @Override
  public EngineLoad load() {
    return lease.engine().load();
  }

  @Override
  public long generatedTokens() {
    return lease.engine().generatedTokens();
  }

  @Override
  public EngineStatistics statistics() {
    return lease.engine().statistics();
  }

  @Override
  public long deviceMemoryBytes() {
    return lease.engine().deviceMemoryBytes();
  }

  @Override
  public CompletionStage<Void> room() {
    return lease.engine().room();
  }

  @Override
  public void close() {
    lease.close();
  }
}
