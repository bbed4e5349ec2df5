package dev.millrace.engine.model;

import java.util.List;
import java.util.stream.IntStream;

/** Reads from config.json how a model's layers differ: rotation, attention span and experts. */
final class LayerReader {
  private static final String CHUNKED = "chunked_attention";
  private static final String FULL = "full_attention";

  /** Far more than any model has; a table of them all must stay small. */
  private static final int MOST_LAYERS = 1024;

  /** Of all layers together. */
  private static final int MOST_EXPERTS = 1 << 16;

  private final JsonFile config;
  private final Architecture architecture;
  private final int count;

  LayerReader(JsonFile config, Architecture architecture) {
    this.config = config;
    this.architecture = architecture;
    count = config.positiveUpTo(MOST_LAYERS, "num_hidden_layers");
  }

  List<LayerConfig> layers() {
    return switch (architecture) {
      case LLAMA -> uniform(false, false);
      case MISTRAL -> uniform(localSpan() instanceof AttentionSpan.Sliding, false);
      case MIXTRAL -> uniform(localSpan() instanceof AttentionSpan.Sliding, true);
      case LLAMA_4, LLAMA_4_TEXT -> llama4();
    };
  }

  private List<LayerConfig> uniform(boolean local, boolean sparse) {
    if (config.has("layer_types")
        && config.texts("layer_types").stream().anyMatch(type -> local || !type.equals(FULL))) {
      throw config.error("layer_types", "is not supported: all layers must have the same span");
    }
    return IntStream.range(0, count).mapToObj(i -> new LayerConfig(true, local, sparse)).toList();
  }

  private List<LayerConfig> llama4() {
    List<Boolean> rotary = rotaryLayers();
    List<Boolean> local = localLayers(rotary);
    List<Integer> sparse = sparseLayers();
    return IntStream.range(0, count)
        .mapToObj(i -> new LayerConfig(rotary.get(i), local.get(i), sparse.contains(i)))
        .toList();
  }

  /** {@code no_rope_layers} has, against its name, a 1 for each layer that rotates. */
  private List<Boolean> rotaryLayers() {
    List<Integer> flags = config.integers("no_rope_layers");
    if (!flags.isEmpty()) {
      return perLayer("no_rope_layers", flags).stream().map(flag -> flag != 0).toList();
    }
    int interval = config.positive("no_rope_layer_interval", 4);
    return IntStream.range(0, count).mapToObj(i -> (i + 1) % interval != 0).toList();
  }

  private List<Boolean> localLayers(List<Boolean> rotary) {
    List<String> types = config.texts("layer_types");
    if (types.isEmpty()) {
      return rotary;
    }
    for (String type : types) {
      if (!type.equals(CHUNKED) && !type.equals(FULL)) {
        throw config.error(
            "layer_types", "is not supported: Llama 4 has " + CHUNKED + " and " + FULL);
      }
    }
    return perLayer("layer_types", types).stream().map(CHUNKED::equals).toList();
  }

  private List<Integer> sparseLayers() {
    if (!config.get("moe_layers").isMissingNode()) {
      List<Integer> layers = config.integers("moe_layers");
      if (layers.stream().anyMatch(layer -> layer >= count)) {
        throw config.error("moe_layers", "names a layer beyond the last, " + (count - 1));
      }
      return layers;
    }
    int step = config.positive("interleave_moe_layer_step", 1);
    return IntStream.range(0, count).filter(i -> (i + 1) % step == 0).boxed().toList();
  }

  private <T> List<T> perLayer(String key, List<T> values) {
    if (values.size() != count) {
      throw config.error(key, "must have one entry for each of the " + count + " layers");
    }
    return values;
  }

  AttentionSpan localSpan() {
    return switch (architecture) {
      case LLAMA -> new AttentionSpan.Full();
      case MISTRAL, MIXTRAL -> sliding();
      case LLAMA_4, LLAMA_4_TEXT ->
          new AttentionSpan.Chunked(config.positive("attention_chunk_size"));
    };
  }

  private AttentionSpan sliding() {
    if (architecture == Architecture.MISTRAL && !config.has("sliding_window")) {
      throw config.error("sliding_window", "must be a whole number, or null for full attention");
    }
    return config.get("sliding_window").isMissingNode()
        ? new AttentionSpan.Full()
        : new AttentionSpan.Sliding(config.positive("sliding_window"));
  }

  MixtureOfExperts mixture() {
    return switch (architecture) {
      case LLAMA, MISTRAL -> MixtureOfExperts.none();
      case MIXTRAL, LLAMA_4, LLAMA_4_TEXT ->
          new MixtureOfExperts(
              config.positiveUpTo(MOST_EXPERTS / count, "num_local_experts"),
              config.positive("num_experts_per_tok"));
    };
  }

  TemperatureTuning temperatureTuning() {
    return architecture.isLlama4() && config.flag("attn_temperature_tuning", true)
        ? new TemperatureTuning(
            config.positiveNumber("attn_scale", 0.1), config.positiveNumber("floor_scale", 8192))
        : TemperatureTuning.none();
  }
}
