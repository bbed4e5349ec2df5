package dev.millrace.engine.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.CheckpointException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads config.json and generation_config.json of a Hugging Face checkpoint. What Millrace does not
 * implement is refused by name: a key that is silently ignored gives fluent, wrong answers.
 * Defaults are those of transformers' LlamaConfig; other families must say what they are.
 */
final class ConfigReader {
  private final Architecture architecture;
  private final JsonFile root;
  private final JsonFile config; // of the language model, which may be a part of the root

  private ConfigReader(JsonFile root) {
    this.root = root;
    architecture = architecture(root);
    config = architecture.isWrapped() ? root.child("text_config") : root;
  }

  /**
   * @param directory of the checkpoint
   * @throws CheckpointException naming file, key, value and the way out
   */
  static ModelConfig read(Path directory) {
    return new ConfigReader(JsonFile.read(directory.resolve("config.json")))
        .modelConfig(directory.resolve("generation_config.json"));
  }

  private static Architecture architecture(JsonFile root) {
    JsonNode names = root.get("architectures");
    Architecture architecture =
        (names.size() == 1 ? Architecture.of(names.get(0).asText()) : Architecture.of(""))
            .orElseThrow(
                () ->
                    root.error(
                        "architectures",
                        "is not supported: Millrace runs one of " + Architecture.names()));
    String type = architecture.modelType();
    if (!root.text("model_type", type).equals(type)) {
      throw root.error(
          "model_type", "is not supported: that of " + names.get(0) + " is \"" + type + "\"");
    }
    return architecture;
  }

  private ModelConfig modelConfig(Path generationConfig) {
    refuseWhatIsNotImplemented();
    int hiddenSize = config.positive("hidden_size");
    int heads = config.positive("num_attention_heads");
    boolean headDimGiven = !config.get("head_dim").isMissingNode();
    if (!headDimGiven && hiddenSize % heads != 0) {
      throw config.error(
          "hidden_size", "is not a multiple of num_attention_heads, and head_dim is not given");
    }
    RopeReader rope = new RopeReader(config, architecture);
    LayerReader layers = new LayerReader(config, architecture);
    int intermediateSize = config.positive("intermediate_size");
    try {
      return new ModelConfig(
          architecture,
          config.positive("vocab_size"),
          hiddenSize,
          intermediateSize,
          architecture.isLlama4() ? config.positive("intermediate_size_mlp") : intermediateSize,
          layers.layers(),
          heads,
          kvHeads(heads),
          config.positive("head_dim", Math.max(1, hiddenSize / heads)),
          isLlama()
              ? config.positiveNumber("rms_norm_eps", 1e-6)
              : config.positiveNumber("rms_norm_eps"),
          isLlama()
              ? config.positive("max_position_embeddings", 2048)
              : config.positive("max_position_embeddings"),
          rope.theta(),
          rope.scaling(),
          layers.localSpan(),
          layers.mixture(),
          architecture.isLlama4() && config.flag("use_qk_norm", true),
          layers.temperatureTuning(),
          config.flag("attention_bias"),
          config.flag("mlp_bias"),
          config.flag("tie_word_embeddings"),
          endOfSequence(generationConfig),
          type());
    } catch (IllegalArgumentException e) {
      throw new CheckpointException(config.path() + ": " + e.getMessage(), e);
    }
  }

  private boolean isLlama() {
    return architecture == Architecture.LLAMA;
  }

  /** Null means one per query head everywhere; only for Llama may the key be missing. */
  private int kvHeads(int heads) {
    if (!isLlama() && !config.has("num_key_value_heads")) {
      throw config.error("num_key_value_heads", "must be a whole number or null");
    }
    return config.positive("num_key_value_heads", heads);
  }

  private void refuseWhatIsNotImplemented() {
    if (!config.text("hidden_act", "silu").equals("silu")) {
      throw config.error("hidden_act", "is not supported: Millrace implements \"silu\"");
    }
    for (JsonFile part : List.of(config, root)) {
      if (!part.get("quantization_config").isMissingNode()) {
        throw part.error(
            "quantization_config",
            "is not supported: use the checkpoint it was made from, in bfloat16 or float32");
      }
    }
    if (isLlama() && !config.get("sliding_window").isMissingNode()) {
      throw config.error("sliding_window", "is not supported: a Llama has full attention");
    }
    if (!isLlama() && config.flag("attention_bias")) {
      throw config.error("attention_bias", "is not supported: only a Llama may have biases");
    }
    if (!isLlama() && config.flag("mlp_bias")) {
      throw config.error("mlp_bias", "is not supported: only a Llama may have biases");
    }
    if (architecture.isWrapped() && root.flag("tie_word_embeddings")) {
      throw root.error("tie_word_embeddings", "is not supported: it belongs into text_config");
    }
  }

  private FloatType type() {
    for (JsonFile part : List.of(config, root)) {
      for (String key : List.of("dtype", "torch_dtype")) {
        if (!part.get(key).isMissingNode()) {
          return FloatType.ofTorch(part.text(key, ""))
              .orElseThrow(
                  () ->
                      part.error(
                          key, "is not supported: convert the checkpoint to bfloat16 or float32"));
        }
      }
    }
    return FloatType.FLOAT32;
  }

  private Set<Integer> endOfSequence(Path generationConfig) {
    Set<Integer> tokens = new LinkedHashSet<>(config.tokenIds("eos_token_id", 2));
    if (Files.exists(generationConfig)) {
      tokens.addAll(JsonFile.read(generationConfig).tokenIds("eos_token_id"));
    }
    return tokens;
  }
}
