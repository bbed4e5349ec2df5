package dev.millrace.engine.model;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The names and shapes of the tensors that a Llama checkpoint has, by its configuration. */
final class LlamaTensors {
  static final String EMBEDDING = "model.embed_tokens.weight";

  private final ModelConfig config;
  private final Map<String, List<Long>> shapes = new LinkedHashMap<>();

  private LlamaTensors(ModelConfig config) {
    this.config = config;
  }

  /** Shapes by name; linear layers are [outputs, inputs]. */
  static Map<String, List<Long>> shapes(ModelConfig config) {
    LlamaTensors tensors = new LlamaTensors(config);
    int hidden = config.hiddenSize();
    tensors.put(EMBEDDING, config.vocabularySize(), hidden);
    for (int layer = 0; layer < config.layers(); layer++) {
      tensors.putLayer("model.layers." + layer + ".");
    }
    tensors.put("model.norm.weight", hidden);
    if (!config.embeddingsTied()) {
      tensors.put("lm_head.weight", config.vocabularySize(), hidden);
    }
    return tensors.shapes;
  }

  private void putLayer(String layer) {
    int hidden = config.hiddenSize();
    int queries = config.queryWidth();
    int keyValues = config.keyValueWidth();
    int intermediate = config.intermediateSize();
    boolean attentionBias = config.attentionBias();
    boolean mlpBias = config.mlpBias();
    put(layer + "input_layernorm.weight", hidden);
    putLinear(layer + "self_attn.q_proj", queries, hidden, attentionBias);
    putLinear(layer + "self_attn.k_proj", keyValues, hidden, attentionBias);
    putLinear(layer + "self_attn.v_proj", keyValues, hidden, attentionBias);
    putLinear(layer + "self_attn.o_proj", hidden, queries, attentionBias);
    put(layer + "post_attention_layernorm.weight", hidden);
    putLinear(layer + "mlp.gate_proj", intermediate, hidden, mlpBias);
    putLinear(layer + "mlp.up_proj", intermediate, hidden, mlpBias);
    putLinear(layer + "mlp.down_proj", hidden, intermediate, mlpBias);
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
