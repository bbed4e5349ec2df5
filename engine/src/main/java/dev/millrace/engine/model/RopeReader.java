package dev.millrace.engine.model;

import java.util.List;
import java.util.OptionalDouble;

/** Reads the part of config.json that describes the rotary embedding. */
final class RopeReader {
  private static final String ORIGINAL = "original_max_position_embeddings";

  private final JsonFile config;
  private final JsonFile rope; // newer checkpoints name it differently
  private final Architecture architecture;

  RopeReader(JsonFile config, Architecture architecture) {
    this.config = config;
    this.architecture = architecture;
    boolean old = config.get("rope_parameters").isMissingNode();
    rope = config.child(old ? "rope_scaling" : "rope_parameters");
    for (JsonFile part : List.of(config, rope)) {
      if (part.positiveNumber("partial_rotary_factor", 1) != 1) {
        throw part.error("partial_rotary_factor", "is not supported: Millrace rotates whole heads");
      }
    }
  }

  double theta() {
    if (!rope.get("rope_theta").isMissingNode()) {
      return rope.positiveNumber("rope_theta");
    }
    return architecture == Architecture.LLAMA
        ? config.positiveNumber("rope_theta", 10_000)
        : config.positiveNumber("rope_theta");
  }

  RopeScaling scaling() {
    String key = rope.get("rope_type").isMissingNode() ? "type" : "rope_type";
    String type = rope.text(key, "default");
    boolean scaled = !rope.get("factor").isMissingNode();
    if (scaled && rope.get(key).isMissingNode()) {
      throw rope.error("rope_type", "must say what the factor is for");
    }
    if (scaled && architecture.isLlama4() && !type.equals("llama3")) {
      throw rope.error(key, "is not supported: Llama 4 is scaled as \"llama3\"");
    }
    return switch (type) {
      case "default" -> new RopeScaling.None();
      case "linear" -> new RopeScaling.Linear(rope.positiveNumber("factor"));
      case "dynamic" -> dynamic();
      case "yarn" -> yarn();
      case "llama3" -> llama3();
      default ->
          throw rope.error(
              key,
              "is not supported: Millrace implements \"default\", \"linear\", \"dynamic\","
                  + " \"yarn\" and \"llama3\"");
    };
  }

  private RopeScaling dynamic() {
    if (!rope.get(ORIGINAL).isMissingNode()) {
      throw rope.error(
          ORIGINAL, "is not supported for \"dynamic\": it counts from max_position_embeddings");
    }
    return new RopeScaling.Dynamic(rope.positiveNumber("factor"));
  }

  private RopeScaling yarn() {
    double factor = rope.positiveNumber("factor");
    return new RopeScaling.Yarn(
        factor,
        rope.get(ORIGINAL).isMissingNode()
            ? config.positive("max_position_embeddings")
            : rope.positive(ORIGINAL),
        rope.positiveNumber("beta_fast", 32),
        rope.positiveNumber("beta_slow", 1),
        rope.flag("truncate", true),
        attentionFactor(factor));
  }

  /** As given, or as a ratio of two weighted ones; empty for the paper's. */
  private OptionalDouble attentionFactor(double factor) {
    if (!rope.get("attention_factor").isMissingNode()) {
      return OptionalDouble.of(rope.positiveNumber("attention_factor"));
    }
    if (rope.get("mscale").isMissingNode() || rope.get("mscale_all_dim").isMissingNode()) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(
        RopeScaling.Yarn.attentionFactor(factor, rope.positiveNumber("mscale"))
            / RopeScaling.Yarn.attentionFactor(factor, rope.positiveNumber("mscale_all_dim")));
  }

  private RopeScaling llama3() {
    return new RopeScaling.Llama3(
        rope.positiveNumber("factor"),
        rope.positiveNumber("low_freq_factor"),
        rope.positiveNumber("high_freq_factor"),
        config.get(ORIGINAL).isMissingNode() ? rope.positive(ORIGINAL) : config.positive(ORIGINAL));
  }
}
