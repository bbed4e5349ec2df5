package dev.millrace.engine.model;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Set;

/**
 * The shape of a Llama model, read from a checkpoint's config.json and generation_config.json by
 * {@link ConfigReader}.
 *
 * @param hiddenSize width of the residual stream
 * @param intermediateSize width inside the MLP; in a sparse layer, inside each expert
 * @param denseIntermediateSize width inside the MLP of a layer that is not sparse
 * @param layers from the first to the last
 * @param heads query heads per layer
 * @param kvHeads key/value heads per layer; each serves {@code heads / kvHeads} query heads
 * @param maxPositions the longest sequence the model was made for, in tokens
 * @param ropeTheta the base of the rotary frequencies
 * @param localSpan of the layers that are {@linkplain LayerConfig#local() local}
 * @param queryKeyNorm whether rotated queries and keys are RMS-normalised, without weights
 * @param embeddingsTied whether the LM head is the embedding matrix
 * @param endOfSequence the tokens that end an answer, of both files
 * @param type the element type config.json declares for the weights
 */
public record ModelConfig(
    Architecture architecture,
    int vocabularySize,
    int hiddenSize,
    int intermediateSize,
    int denseIntermediateSize,
    List<LayerConfig> layers,
    int heads,
    int kvHeads,
    int headDim,
    double rmsNormEpsilon,
    int maxPositions,
    double ropeTheta,
    RopeScaling ropeScaling,
    AttentionSpan localSpan,
    MixtureOfExperts mixture,
    boolean queryKeyNorm,
    TemperatureTuning temperatureTuning,
    boolean attentionBias,
    boolean mlpBias,
    boolean embeddingsTied,
    Set<Integer> endOfSequence,
    FloatType type) {

  /**
   * @throws IllegalArgumentException naming the key of config.json and its value if the parts do
   *     not fit together
   */
  public ModelConfig {
    requireNonNull(architecture);
    layers = List.copyOf(layers);
    requireNonNull(ropeScaling);
    requireNonNull(localSpan);
    requireNonNull(mixture);
    requireNonNull(temperatureTuning);
    requireNonNull(type);
    endOfSequence = Set.copyOf(endOfSequence);
    if (heads % kvHeads != 0) {
      throw new IllegalArgumentException(
          "num_attention_heads %d is not a multiple of num_key_value_heads %d"
              .formatted(heads, kvHeads));
    }
    if (headDim % 2 != 0) {
      throw new IllegalArgumentException(
          "head_dim " + headDim + " is odd: the rotary embedding needs pairs");
    }
  }

  /** Rows of the query, key and value projections together. */
  int queryWidth() {
    return heads * headDim;
  }

  int keyValueWidth() {
    return kvHeads * headDim;
  }

  /** Bytes of KV cache that one token takes at {@code type}: keys and values of every layer. */
  public long cacheBytesPerToken(FloatType type) {
    return 2L * layers.size() * keyValueWidth() * type.bytes();
  }
}
