package dev.millrace.engine.model;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The names and shapes of the tensors that a checkpoint has, by its configuration. */
final class LlamaTensors {
  private final ModelConfig config;
  private final Map<String, List<Long>> shapes = new LinkedHashMap<>();

  private LlamaTensors(ModelConfig config) {
    this.config = config;
  }

  static String embedding(ModelConfig config) {
    return config.architecture().tensorPrefix() + "model.embed_tokens.weight";
  }

  /** What the names of all layers' tensors begin with. */
  static String layers(ModelConfig config) {
    return config.architecture().tensorPrefix() + "model.layers.";
  }

  /** What the names of one layer's tensors begin with. */
  static String layer(ModelConfig config, int index) {
    return layers(config) + index + ".";
  }

  /** Shapes by name; linear layers are [outputs, inputs]. */
  static Map<String, List<Long>> shapes(ModelConfig config) {
    LlamaTensors tensors = new LlamaTensors(config);
    String prefix = config.architecture().tensorPrefix();
    int hidden = config.hiddenSize();
    tensors.put(embedding(config), config.vocabularySize(), hidden);
    for (int layer = 0; layer < config.layers().size(); layer++) {
      tensors.putLayer(layer(config, layer), config.layers().get(layer));
    }
    tensors.put(prefix + "model.norm.weight", hidden);
    if (!config.embeddingsTied()) {
      tensors.put(prefix + "lm_head.weight", config.vocabularySize(), hidden);
    }
    return tensors.shapes;
  }

  private void putLayer(String layer, LayerConfig kind) {
    int hidden = config.hiddenSize();
    int queries = config.queryWidth();
    int keyValues = config.keyValueWidth();
    boolean bias = config.attentionBias();
    put(layer + "input_layernorm.weight", hidden);
    putLinear(layer + "self_attn.q_proj", queries, hidden, bias);
    putLinear(layer + "self_attn.k_proj", keyValues, hidden, bias);
    putLinear(layer + "self_attn.v_proj", keyValues, hidden, bias);
    putLinear(layer + "self_attn.o_proj", hidden, queries, bias);
    put(layer + "post_attention_layernorm.weight", hidden);
    switch (config.architecture()) {
      case LLAMA, MISTRAL -> putMlp(layer + "mlp.", config.denseIntermediateSize());
      case MIXTRAL -> putMixtral(layer + "block_sparse_moe.");
      case LLAMA_4, LLAMA_4_TEXT -> putLlama4(layer + "feed_forward.", kind.sparse());
    }
  }

  private void putMlp(String mlp, int intermediate) {
    putLinear(mlp + "gate_proj", intermediate, config.hiddenSize(), config.mlpBias());
    putLinear(mlp + "up_proj", intermediate, config.hiddenSize(), config.mlpBias());
    putLinear(mlp + "down_proj", config.hiddenSize(), intermediate, config.mlpBias());
  }

  private void putMixtral(String mlp) {
    int hidden = config.hiddenSize();
    int intermediate = config.intermediateSize();
    put(mlp + "gate.weight", config.mixture().experts(), hidden);
    for (int expert = 0; expert < config.mixture().experts(); expert++) {
      put(mlp + "experts." + expert + ".w1.weight", intermediate, hidden);
      put(mlp + "experts." + expert + ".w3.weight", intermediate, hidden);
      put(mlp + "experts." + expert + ".w2.weight", hidden, intermediate);
    }
  }

  /** Llama 4 stacks its experts and stores them as [inputs, outputs]. */
  private void putLlama4(String mlp, boolean sparse) {
    if (!sparse) {
      putMlp(mlp, config.denseIntermediateSize());
      return;
    }
    int hidden = config.hiddenSize();
    int intermediate = config.intermediateSize();
    int experts = config.mixture().experts();
    put(mlp + "router.weight", experts, hidden);
    put(mlp + "experts.gate_up_proj", experts, hidden, 2L * intermediate);
    put(mlp + "experts.down_proj", experts, intermediate, hidden);
    putMlp(mlp + "shared_expert.", intermediate);
  }

  private void putLinear(String name, long outputs, long inputs, boolean bias) {
    put(name + ".weight", outputs, inputs);
    if (bias) {
      put(name + ".bias", outputs);
    }
  }

  private void put(String name, long... shape) {
    shapes.put(name, Arrays.stream(shape).boxed().toList());
  }
}
