package dev.millrace.engine.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.CheckpointException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * What PEFT's adapter_config.json says of a LoRA adapter. Whatever would change the arithmetic and
 * is not implemented is refused, and so is a key that nobody here knows.
 *
 * @param targets names, or ends of names, of the layers that are adapted; empty for a pattern
 * @param isPattern whether the layers are given as a regular expression or as "all-linear"
 * @param layers the numbers of the layers that are adapted; none: all
 */
record AdapterConfig(
    int rank, double scale, List<String> targets, boolean isPattern, Set<Integer> layers) {
  static final String FILE = "adapter_config.json";
  private static final int MOST_RANK = 4096;

  /** Keys that say nothing about what an adapter computes when it is used. */
  private static final Set<String> IRRELEVANT =
      Set.of(
          "auto_mapping",
          "base_model_name_or_path",
          "corda_config",
          "ensure_weight_tying",
          "eva_config",
          "inference_mode",
          "layers_pattern",
          "loftq_config",
          "lora_dropout",
          "megatron_core",
          "peft_version",
          "qalora_group_size",
          "revision",
          "runtime_config");

  private static final Set<String> HONOURED =
      Set.of(
          "bias",
          "init_lora_weights",
          "layers_to_transform",
          "lora_alpha",
          "peft_type",
          "r",
          "target_modules",
          "task_type",
          "use_rslora");

  /** How the weights were made before training, where that leaves the model's own as they were. */
  private static final Set<String> INITIALISATIONS =
      Set.of("true", "false", "gaussian", "eva", "orthogonal");

  AdapterConfig {
    targets = List.copyOf(targets);
    layers = Set.copyOf(layers);
  }

  static AdapterConfig read(Path directory) {
    Path path = directory.resolve(FILE);
    if (!Files.isRegularFile(path)) {
      throw new CheckpointException(path + " is missing: an adapter must be in PEFT layout");
    }
    JsonFile file = JsonFile.read(path);
    requireSupported(file);
    int rank = file.positive("r");
    if (rank > MOST_RANK) {
      throw file.error("r", "is no rank: it must be at most " + MOST_RANK);
    }
    double alpha = file.positiveNumber("lora_alpha");
    double scale = alpha / (file.flag("use_rslora") ? Math.sqrt(rank) : rank);
    boolean pattern = file.get("target_modules").isTextual();
    List<String> targets = pattern ? List.of() : file.texts("target_modules");
    if (!pattern && targets.isEmpty()) {
      throw file.error("target_modules", "must name the layers that are adapted");
    }
    return new AdapterConfig(rank, scale, targets, pattern, layers(file));
  }

  private static Set<Integer> layers(JsonFile file) {
    JsonNode layers = file.get("layers_to_transform");
    return layers.isInt() && layers.asInt() >= 0
        ? Set.of(layers.asInt())
        : Set.copyOf(file.integers("layers_to_transform"));
  }

  private static void requireSupported(JsonFile file) {
    requireText(file, "peft_type", "", Set.of("LORA"), "LoRA adapters only");
    requireText(file, "task_type", "CAUSAL_LM", Set.of("CAUSAL_LM"), "adapters that generate text");
    requireText(file, "bias", "none", Set.of("none"), "adapters without biases");
    if (!INITIALISATIONS.contains(file.get("init_lora_weights").asText("true"))) {
      throw file.error(
          "init_lora_weights",
          "changed the model's own weights, too: convert the adapter with PEFT's"
              + " path_initial_model_for_weight_conversion");
    }
    file.node()
        .properties()
        .forEach(
            entry -> {
              String key = entry.getKey();
              if (!IRRELEVANT.contains(key)
                  && !HONOURED.contains(key)
                  && !isUnset(entry.getValue())) {
                throw file.error(key, "is not implemented: merge the adapter into the model");
              }
            });
  }

  private static void requireText(
      JsonFile file, String key, String missing, Set<String> known, String served) {
    if (!known.contains(file.text(key, missing))) {
      throw file.error(key, "is not implemented: Millrace runs " + served);
    }
  }

  private static boolean isUnset(JsonNode value) {
    return value.isNull()
        || (value.isBoolean() && !value.asBoolean())
        || (value.isContainerNode() && value.isEmpty());
  }
}
