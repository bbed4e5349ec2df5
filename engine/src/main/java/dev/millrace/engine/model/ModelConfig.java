package dev.millrace.engine.model;

import static java.util.Objects.requireNonNull;

import java.util.Set;

/**
 * The shape of a Llama model, read from a checkpoint's config.json and generation_config.json by
 * {@link ConfigReader}.
 *
 * @param hiddenSize width of the residual stream
 * @param intermediateSize width inside the MLP
 * @param heads query heads per layer
 * @param kvHeads key/value heads per layer; each serves {@code heads / kvHeads} query heads
 * @param maxPositions the longest sequence the model was made for, in tokens
 * @param ropeTheta the base of the rotary frequencies
 * @param embeddingsTied whether the LM head is the embedding matrix
 * @param endOfSequence the tokens that end an answer, of both files
 * @param type the element type config.json declares for the weights
 */
public record ModelConfig(
    int vocabularySize,
    int hiddenSize,
    int intermediateSize,
    int layers,
    int heads,
    int kvHeads,
    int headDim,
    double rmsNormEpsilon,
    int maxPositions,
    double ropeTheta,
    RopeScaling ropeScaling,
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
    requireNonNull(ropeScaling);
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
    return 2L * layers * keyValueWidth() * type.bytes();
  }
}
