package dev.millrace.cli.bench;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The dimensions of a published Llama model, of which {@link RandomCheckpoint} makes one without
 * knowledge: it computes as fast as the real one, and nobody has to download it.
 *
 * @param ropeScaling entries of config.json's {@code rope_scaling}, empty for none
 */
public record Shape(
    String name,
    int vocabulary,
    int hidden,
    int intermediate,
    int layers,
    int heads,
    int kvHeads,
    int headDim,
    int positions,
    double ropeTheta,
    Map<String, Object> ropeScaling,
    boolean tied) {
  private static final int LLAMA_3_VOCABULARY = 128_256;
  private static final int LLAMA_3_POSITIONS = 131_072;

  /** All that have a name. */
  private static final List<Shape> ALL =
      List.of(
          llama3("llama-3.2-1b", 2048, 8192, 16, 32, 64, 32, true),
          llama3("llama-3.2-3b", 3072, 8192, 28, 24, 128, 32, true),
          llama3("llama-3.1-8b", 4096, 14_336, 32, 32, 128, 8, false),
          new Shape(
              "tinyllama-1.1b", 32_000, 2048, 5632, 22, 32, 4, 64, 2048, 10_000, Map.of(), false),
          new Shape("smollm-135m", 49_152, 576, 1536, 30, 9, 3, 64, 2048, 10_000, Map.of(), true));

  public Shape {
    requireNonNull(name, "name");
    ropeScaling = Map.copyOf(ropeScaling);
  }

  /** The shape of this name. */
  public static Optional<Shape> named(String name) {
    return ALL.stream().filter(shape -> shape.name().equals(name)).findFirst();
  }

  /** The names there are. */
  public static List<String> names() {
    return ALL.stream().map(Shape::name).toList();
  }

  private static Shape llama3(
      String name,
      int hidden,
      int intermediate,
      int layers,
      int heads,
      int headDim,
      int ropeFactor,
      boolean tied) {
    Map<String, Object> scaling =
        Map.of(
            "rope_type",
            "llama3",
            "factor",
            (double) ropeFactor,
            "low_freq_factor",
            1.0,
            "high_freq_factor",
            4.0,
            "original_max_position_embeddings",
            8192);
    return new Shape(
        name,
        LLAMA_3_VOCABULARY,
        hidden,
        intermediate,
        layers,
        heads,
        8,
        headDim,
        LLAMA_3_POSITIONS,
        500_000,
        scaling,
        tied);
  }
}
