package dev.millrace.engine.model;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtModel;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import dev.millrace.engine.Device;
import dev.millrace.engine.cache.CacheCopy;
import dev.millrace.engine.kernel.Kernels;
import dev.millrace.engine.scheduler.SampledToken;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * {@code llama.py}, compiled and holding one checkpoint's weights and the KV cache. Each method is
 * one native call. Confined to the thread that makes it, because PyTorch keeps the switches it runs
 * under per thread.
 */
final class LlamaProgram implements AutoCloseable {
  /** A cache that holds more sequences of full length than any step runs would lie idle. */
  private static final int MOST_FULL_SEQUENCES = 64;

  /** Masks kept on the device, a byte per token each; far more than a step has sequences. */
  private static final int MASKS = 512;

  private final ai.djl.Model model;
  private final PtSymbolBlock block;
  private final PtNDManager manager;
  private Kernels kernels;

  private final int vocabulary;
  private final MaskTable masks;
  private boolean masksAllocated;
  private int cacheTokens;
  private long nativeNanos;

  private LlamaProgram(ai.djl.Model model, NDManager manager, Kernels kernels, int vocabulary) {
    this.kernels = kernels;
    this.vocabulary = vocabulary;
    this.masks = new MaskTable(vocabulary, MASKS);
    this.model = model;
    this.block = (PtSymbolBlock) model.getBlock();
    this.manager = (PtNDManager) manager;
  }

  /** Compiles the program and loads the weights; allocates the cache. */
  static LlamaProgram load(Checkpoint checkpoint, ModelSettings settings) {
    return load(checkpoint, settings, (loaded, total) -> {});
  }

  /** The same, telling how far it is. */
  static LlamaProgram load(Checkpoint checkpoint, ModelSettings settings, LoadProgress progress) {
    PyTorch.prepare(settings.threads());
    LlamaProgram program = compile(checkpoint.config(), settings);
    try {
      new WeightLoader(program, checkpoint, progress).load();
      program.allocate(checkpoint.config(), settings);
      program.chooseAttention();
      return program;
    } catch (RuntimeException e) {
      program.close();
      throw e;
    }
  }

  private static LlamaProgram compile(ModelConfig config, ModelSettings settings) {
    Kernels kernels = kernels(config, settings);
    byte[] archive =
        new TorchScriptArchive("llama", "Llama")
            .string("device", settings.device().toString())
            .integer("dtype", settings.type().scalarType())
            .string("prefix", config.architecture().tensorPrefix())
            .bools("rotary", flags(config, LayerConfig::rotary))
            .bools("local", flags(config, LayerConfig::local))
            .bool("mixed", flags(config, LayerConfig::local).stream().distinct().count() > 1)
            .bools("sparse", flags(config, LayerConfig::sparse))
            .integer(
                "window", config.localSpan() instanceof AttentionSpan.Sliding s ? s.window() : 0)
            .integer(
                "chunk", config.localSpan() instanceof AttentionSpan.Chunked c ? c.length() : 0)
            .integer("experts", config.mixture().experts())
            .integer("experts_per_token", config.mixture().perToken())
            .bool("llama4", config.architecture().isLlama4())
            .bool("qk_norm", config.queryKeyNorm())
            .number("temperature_scale", config.temperatureTuning().scale())
            .number("temperature_floor", config.temperatureTuning().floor())
            .integer("heads", config.heads())
            .integer("kv_heads", config.kvHeads())
            .integer("head_dim", config.headDim())
            .number("eps", config.rmsNormEpsilon())
            .bool("tied", config.embeddingsTied())
            .integer("threads", settings.threads())
            .integer("paneling", kernels.panels())
            .integer("tiling", kernels.tiles())
            .integer("plain", kernels.plain())
            .integer("added", kernels.added())
            .integer("gating", kernels.gated())
            .integer("wide", kernels.wide())
            .integer("choosing", kernels.greedy())
            .integer("chaining", kernels.chain())
            .integer("norming", kernels.norm())
            .integer("rotating", kernels.rotary())
            .integer("attending", 0)
            .integer("attending_prompts", 0)
            .dictionary("files", "Tensor")
            .dictionary("mapped", "Tensor")
            .list("layers", "Dict[str, Tensor]")
            .dictionary("adapted", "Tensor")
            .tensor("embedding")
            .tensor("norm")
            .tensor("head")
            .tensor("turns")
            .list("keys", "Tensor")
            .list("values", "Tensor")
            .bool("chained", false)
            .list("plans", "Dict[str, Tensor]")
            .tensor("masks")
            .pack(text("llama.py"));
    ai.djl.Model model = ai.djl.Model.newInstance("llama", djl(settings.device()), PyTorch.ENGINE);
    try {
      ((PtModel) model).load(new ByteArrayInputStream(archive), false);
    } catch (IOException | MalformedModelException e) {
      model.close();
      throw new IllegalStateException("the model program does not compile", e);
    }
    return new LlamaProgram(
        model,
        NDManager.newBaseManager(ai.djl.Device.cpu(), PyTorch.ENGINE),
        kernels,
        config.vocabularySize());
  }

  private static Kernels kernels(ModelConfig config, ModelSettings settings) {
    boolean bfloat16 = settings.type() == FloatType.BFLOAT16;
    return bfloat16 && settings.kernels() && !settings.device().isCuda()
        ? Kernels.of(config.heads(), config.kvHeads(), config.headDim(), config.rmsNormEpsilon())
        : Kernels.none();
  }

  private static List<Boolean> flags(ModelConfig config, Predicate<LayerConfig> flag) {
    return config.layers().stream().map(flag::test).toList();
  }

  /** A program's text, of this package's resources. */
  static String text(String file) {
    try (InputStream text = LlamaProgram.class.getResourceAsStream(file)) {
      return new String(text.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read from the class path", e);
    }
  }

  private void allocate(ModelConfig config, ModelSettings settings) {
    cacheTokens =
        settings.cacheTokens() > 0
            ? settings.cacheTokens()
            : FreeMemory.cacheTokens(
                settings.device(),
                config.cacheBytesPerToken(settings.type()),
                (long) MOST_FULL_SEQUENCES * settings.contextLength());
    RotaryTable table = RotaryTable.of(config, settings.contextLength());
    call(
        call ->
            call.run(
                "allocate",
                call.of(cacheTokens),
                call.of(call.array(table.cos(), table.positions(), table.width())),
                call.of(call.array(table.sin(), table.positions(), table.width()))));
  }

  private void chooseAttention() {
    if (kernels.attention() != 0) {
      kernels = new AttentionTrial(this, kernels).winners();
    }
    attendBy(kernels.attention(), kernels.promptAttention());
  }

  /** Attends by these kernels from now on, 0: PyTorch's. */
  void attendBy(long attention, long promptAttention) {
    call(call -> call.run("attend_by", call.of(attention), call.of(promptAttention)));
  }

  /**
   * Attends in one layer, so many times.
   *
   * @return how long it took, in nanoseconds
   */
  long tryAttention(long[] starts, long[] counts, long[] pools, int times) {
    try (NativeCall call = new NativeCall(block, manager)) {
      call.run("try_attention", call.of(starts), call.of(counts), call.of(pools), call.of(times));
      return call.nativeNanos();
    }
  }

  /** Packs an adapter's low-rank updates beside the layers they change. */
  void loadAdapter(int number, AdapterCheckpoint adapter, ModelConfig config) {
    TensorMapping mapping = new TensorMapping(this);
    try {
      adapter.tensors().forEach((name, tensor) -> mapping.place(tensor.named(name)));
      for (int layer = 0; layer < config.layers().size(); layer++) {
        int index = layer;
        call(
            call ->
                call.run(
                    "adapt_layer",
                    call.of(index),
                    call.of(FlatBatch.adapterName(number)),
                    call.of(adapter.scale())));
      }
    } catch (RuntimeException e) {
      dropAdapter(number);
      throw e;
    } finally {
      call(call -> call.run("unmap"));
    }
  }

  void dropAdapter(int number) {
    call(call -> call.run("drop_adapter", call.of(FlatBatch.adapterName(number))));
  }

  /** Computes the batch and returns the logits of its rows, one array per row. */
  float[][] logits(FlatBatch batch) {
    try (NativeCall call = new NativeCall(block, manager)) {
      return rows(
          call.tensor(
              "logits",
              call.of(tensors(call, batch)),
              call.of(batch.starts()),
              call.of(batch.counts()),
              call.of(batch.pools())));
    }
  }

  /**
   * Computes the batch and samples the next token of each of its rows.
   *
   * @param sampling one sequence per row
   */
  List<SampledToken> step(FlatBatch batch, SamplingBatch sampling) {
    copy(batch.copies());
    try (NativeCall call = new NativeCall(block, manager)) {
      IValue tensors = call.of(tensors(call, batch));
      IValue starts = call.of(batch.starts());
      IValue counts = call.of(batch.counts());
      IValue pools = call.of(batch.pools());
      if (batch.rows().length == 0) {
        call.run("prefill", tensors, starts, counts, pools);
        nativeNanos = call.nativeNanos();
        return List.of();
      }
      int top = Math.min(sampling.top(), vocabulary);
      IValue settings = call.of(sampling(call, sampling));
      List<NDArray> results =
          call.tensors("step", tensors, starts, counts, pools, settings, call.of(top));
      nativeNanos = call.nativeNanos();
      return SampledTokens.of(results, sampling);
    } catch (RuntimeException e) {
      masks.clear();
      throw e;
    }
  }

  /** Copies keys and values within the cache. */
  private void copy(List<CacheCopy> copies) {
    if (!copies.isEmpty()) {
      call(
          call ->
              call.run(
                  "copy",
                  call.of(copies.stream().mapToLong(CacheCopy::from).toArray()),
                  call.of(copies.stream().mapToLong(CacheCopy::to).toArray()),
                  call.of(copies.stream().mapToLong(CacheCopy::count).toArray())));
    }
  }

  /** How much of the last step was spent in the program. */
  long nativeNanos() {
    return nativeNanos;
  }

  private Map<String, PtNDArray> sampling(NativeCall call, SamplingBatch sampling) {
    Map<String, PtNDArray> tensors = sampling.tensors(call);
    masks.put(call, sampling, tensors);
    if (tensors.containsKey("masks") && !masksAllocated) {
      call.run("allocate_masks", call.of(masks.rows()), call.of(vocabulary));
      masksAllocated = true;
    }
    return tensors;
  }

  /** Samples from given logits [rows, vocabulary] instead of computed ones. */
  List<SampledToken> sample(float[] logits, SamplingBatch sampling) {
    try (NativeCall call = new NativeCall(block, manager)) {
      int rows = sampling.sequences().size();
      return SampledTokens.of(
          call.tensors(
              "sample",
              call.of(call.array(logits, rows, logits.length / rows)),
              call.of(sampling(call, sampling)),
              call.of(sampling.top())),
          sampling);
    }
  }

  private static Map<String, PtNDArray> tensors(NativeCall call, FlatBatch batch) {
    Map<String, PtNDArray> tensors = new HashMap<>();
    tensors.put("tokens", call.array(batch.tokens(), batch.tokens().length));
    tensors.put("positions", call.array(batch.positions(), batch.positions().length));
    tensors.put("slots", call.array(batch.slots(), batch.slots().length));
    tensors.put("rows", call.array(batch.rows(), batch.rows().length));
    batch
        .adapted()
        .forEach(
            (adapter, rows) ->
                tensors.put(FlatBatch.adapterName(adapter), call.array(rows, rows.length)));
    return tensors;
  }

  private static float[][] rows(NDArray matrix) {
    int width = (int) matrix.getShape().get(1);
    float[] flat = matrix.toFloatArray();
    float[][] rows = new float[flat.length / width][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Arrays.copyOfRange(flat, i * width, (i + 1) * width);
    }
    return rows;
  }

  /** Makes a call for its effect and frees its arguments. */
  void call(Consumer<NativeCall> action) {
    try (NativeCall call = new NativeCall(block, manager)) {
      action.accept(call);
    }
  }

  int cacheTokens() {
    return cacheTokens;
  }

  Kernels kernels() {
    return kernels;
  }

  /** DJL's word for a device. */
  static ai.djl.Device djl(Device device) {
    return device.isCuda() ? ai.djl.Device.gpu(device.index()) : ai.djl.Device.cpu();
  }

  /** Native resources held, for tests that nothing leaks. */
  int managedArrays() {
    return manager.getManagedArrays().size();
  }

  @Override
  public void close() {
    manager.close();
    model.close();
    NativeHeap.trim();
  }
}
