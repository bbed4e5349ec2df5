package dev.millrace.engine.model;

import ai.djl.engine.EngineException;
import dev.millrace.engine.CheckpointException;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.ModelInfo;
import dev.millrace.engine.Precision;
import dev.millrace.engine.scheduler.Chunk;
import dev.millrace.engine.scheduler.SampledToken;
import dev.millrace.engine.scheduler.Sequence;
import dev.millrace.engine.scheduler.StepPlan;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Llama checkpoint on one device. Opened, called and closed by one and the same thread, the
 * engine's: PyTorch keeps the switches it runs under per thread.
 */
public final class LlamaModel implements Model {
  private static final Logger LOG = LoggerFactory.getLogger(LlamaModel.class);

  private final LlamaProgram program;
  private final ModelConfig config;
  private final ModelInfo info;

  private LlamaModel(LlamaProgram program, ModelConfig config, ModelInfo info) {
    this.program = program;
    this.config = config;
    this.info = info;
  }

  /**
   * Loads the options' checkpoint onto their device.
   *
   * @throws CheckpointException naming the file and the key if the checkpoint cannot be served
   * @throws IllegalStateException if the device has no memory left for a KV cache
   */
  public static LlamaModel load(EngineOptions options) {
    return load(options, (loaded, total) -> {});
  }

  /**
   * The processor threads that a model of these options computes with.
   *
   * @throws CheckpointException if the checkpoint cannot be served
   */
  public static int threads(EngineOptions options) {
    return ModelSettings.of(options, Checkpoint.open(options.checkpoint()).config()).threads();
  }

  /**
   * The same, telling how far it is.
   *
   * @throws CheckpointException naming the file and the key if the checkpoint cannot be served
   * @throws IllegalStateException if the device has no memory left for a KV cache
   */
  public static LlamaModel load(EngineOptions options, LoadProgress progress) {
    long started = System.nanoTime();
    Checkpoint checkpoint = Checkpoint.open(options.checkpoint());
    ModelSettings settings = ModelSettings.of(options, checkpoint.config());
    LlamaProgram program =
        LlamaProgram.load(checkpoint, settings, new LoadLog(checkpoint.directory(), progress));
    ModelInfo info =
        new ModelInfo(
            checkpoint.weightsHash(),
            settings.device(),
            settings.type() == FloatType.BFLOAT16 ? Precision.BFLOAT16 : Precision.FLOAT32,
            settings.contextLength(),
            checkpoint.config().vocabularySize(),
            checkpoint.config().endOfSequence(),
            program.cacheTokens());
    LOG.info(
        "loaded {} in {} ms; it runs on {}, {} threads; the KV cache of {} tokens takes up to {} MiB",
        checkpoint.directory(),
        (System.nanoTime() - started) / 1_000_000,
        program.kernels().description(),
        settings.threads(),
        program.cacheTokens(),
        (checkpoint.config().cacheBytesPerToken(settings.type()) * program.cacheTokens()) >> 20);
    return new LlamaModel(program, checkpoint.config(), info);
  }

  @Override
  public ModelInfo info() {
    return info;
  }

  @Override
  public List<SampledToken> forward(StepPlan plan) {
    List<Sequence> sampled =
        plan.chunks().stream().filter(Chunk::samples).map(Chunk::sequence).toList();
    plan.chunks().forEach(this::requireComputable);
    try {
      return program.step(FlatBatch.of(plan), new SamplingBatch(sampled));
    } catch (EngineException e) {
      throw classified(e, plan);
    }
  }

  private RuntimeException classified(EngineException e, StepPlan plan) {
    if (isOutOfMemory(e)) {
      return new DeviceMemoryException(
          "%s has no memory for a step of %d tokens".formatted(info.device(), plan.tokenCount()),
          e);
    }
    return isDeviceLost(e) ? new DeviceLostException(info.device() + " is lost", e) : e;
  }

  @Override
  public long nativeNanos() {
    return program.nativeNanos();
  }

  /**
   * Native code indexes tables with tokens and positions. On a GPU an index outside them does not
   * fail the step but the device.
   */
  private void requireComputable(Chunk chunk) {
    String id = chunk.sequence().request().id();
    if (chunk.end() > info.contextLength()) {
      throw new IllegalArgumentException(
          "%s reaches position %d, beyond the model's context of %d"
              .formatted(id, chunk.end() - 1, info.contextLength()));
    }
    for (int position = chunk.start(); position < chunk.end(); position++) {
      int token = chunk.sequence().token(position);
      if (token < 0 || token >= info.vocabularySize()) {
        throw new IllegalArgumentException(
            "%s has token %d at position %d, but the model's vocabulary ends at %d"
                .formatted(id, token, position, info.vocabularySize() - 1));
      }
    }
  }

  /** In the words of PyTorch's allocators, of the device and of the processor. */
  private static boolean isOutOfMemory(EngineException e) {
    String message = String.valueOf(e.getMessage());
    return message.contains("out of memory")
        || message.contains("not enough memory")
        || message.contains("can't allocate memory");
  }

  /** A kernel that fails leaves the context unusable; memory that runs out does not. */
  private static boolean isDeviceLost(EngineException e) {
    return String.valueOf(e.getMessage()).contains("CUDA error");
  }

  @Override
  public String loadAdapter(int number, Path directory) {
    AdapterCheckpoint adapter = AdapterCheckpoint.open(directory, config);
    program.loadAdapter(number, adapter, config);
    return adapter.hash();
  }

  @Override
  public void dropAdapter(int number) {
    program.dropAdapter(number);
  }

  /** Native arrays held between steps, for tests that nothing leaks. */
  int managedArrays() {
    return program.managedArrays();
  }

  @Override
  public void close() {
    program.close();
  }
}
