package dev.millrace.engine.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.CheckpointException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Reads config.json and generation_config.json of a Hugging Face checkpoint. What Millrace does not
 * implement is refused by name: a key that is silently ignored gives fluent, wrong answers.
 * Defaults are those of transformers' LlamaConfig.
 */
final class ConfigReader {
  private static final String ARCHITECTURE = "LlamaForCausalLM";

  private final JsonFile config;

  private ConfigReader(JsonFile config) {
    this.config = config;
  }

  /**
   * @param directory of the checkpoint
   * @throws CheckpointException naming file, key, value and the way out
   */
  static ModelConfig read(Path directory) {
    return new ConfigReader(JsonFile.read(directory.resolve("config.json")))
        .modelConfig(directory.resolve("generation_config.json"));
  }

  private ModelConfig modelConfig(Path generationConfig) {
    refuseWhatIsNotLlama();
    int hiddenSize = config.positive("hidden_size");
    int heads = config.positive("num_attention_heads");
    boolean headDimGiven = !config.get("head_dim").isMissingNode();
    if (!headDimGiven && hiddenSize % heads != 0) {
      throw config.error(
          "hidden_size", "is not a multiple of num_attention_heads, and head_dim is not given");
    }
    JsonFile rope = ropeParameters();
    try {
      return new ModelConfig(
          config.positive("vocab_size"),
          hiddenSize,
          config.positive("intermediate_size"),
          config.positive("num_hidden_layers"),
          heads,
          config.positive("num_key_value_heads", heads),
          config.positive("head_dim", Math.max(1, hiddenSize / heads)),
          config.positiveNumber("rms_norm_eps", 1e-6),
          config.positive("max_position_embeddings", 2048),
          rope.positiveNumber("rope_theta", config.positiveNumber("rope_theta", 10_000)),
          ropeScaling(rope),
          config.flag("attention_bias"),
          config.flag("mlp_bias"),
          config.flag("tie_word_embeddings"),
          endOfSequence(generationConfig),
          type());
    } catch (IllegalArgumentException e) {
      throw new CheckpointException(config.path() + ": " + e.getMessage(), e);
    }
  }

  private void refuseWhatIsNotLlama() {
    JsonNode architectures = config.get("architectures");
    if (architectures.size() != 1 || !architectures.get(0).asText().equals(ARCHITECTURE)) {
      throw config.error(
          "architectures", "is not supported: Millrace runs [\"" + ARCHITECTURE + "\"]");
    }
    if (!config.text("model_type", "llama").equals("llama")) {
      throw config.error("model_type", "is not supported: Millrace runs \"llama\"");
    }
    if (!config.text("hidden_act", "silu").equals("silu")) {
      throw config.error("hidden_act", "is not supported: Millrace implements \"silu\"");
    }
    if (!config.get("quantization_config").isMissingNode()) {
      throw config.error(
          "quantization_config",
          "is not supported: use the checkpoint it was made from, in bfloat16 or float32");
    }
    if (!config.get("sliding_window").isMissingNode()) {
      throw config.error("sliding_window", "is not supported: Millrace implements full attention");
    }
    if (config.positiveNumber("partial_rotary_factor", 1) != 1) {
      throw config.error("partial_rotary_factor", "is not supported: Millrace rotates whole heads");
    }
  }

  private FloatType type() {
    String key = config.get("dtype").isMissingNode() ? "torch_dtype" : "dtype";
    return FloatType.ofTorch(config.text(key, "float32"))
        .orElseThrow(
            () ->
                config.error(
                    key, "is not supported: convert the checkpoint to bfloat16 or float32"));
  }

  /** The object that describes the rotary embedding: newer checkpoints name it differently. */
  private JsonFile ropeParameters() {
    return config.get("rope_parameters").isMissingNode()
        ? config.child("rope_scaling")
        : config.child("rope_parameters");
  }

  private RopeScaling ropeScaling(JsonFile rope) {
    String key = rope.get("rope_type").isMissingNode() ? "type" : "rope_type";
    String type = rope.text(key, "default");
    return switch (type) {
      case "default" -> new RopeScaling.None();
      case "linear" -> new RopeScaling.Linear(rope.positiveNumber("factor"));
      case "llama3" ->
          new RopeScaling.Llama3(
              rope.positiveNumber("factor"),
              rope.positiveNumber("low_freq_factor"),
              rope.positiveNumber("high_freq_factor"),
              originalContext(rope));
      default ->
          throw rope.error(
              key, "is not supported: Millrace implements \"default\", \"linear\" and \"llama3\"");
    };
  }

  private int originalContext(JsonFile rope) {
    String key = "original_max_position_embeddings";
    return config.get(key).isMissingNode() ? rope.positive(key) : config.positive(key);
  }

  private Set<Integer> endOfSequence(Path generationConfig) {
    Set<Integer> tokens = new LinkedHashSet<>(config.tokenIds("eos_token_id", 2));
    if (Files.exists(generationConfig)) {
      tokens.addAll(JsonFile.read(generationConfig).tokenIds("eos_token_id"));
    }
    return tokens;
  }
}
