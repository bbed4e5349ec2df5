package dev.millrace.engine.model;

import dev.millrace.engine.StepReport;

/**
 * What a step costs at least, whoever computes it.
 *
 * <p>Bytes are what has to be read from memory: each weight that the step needs once, the keys and
 * values of every sequence's context once, and one row of the embedding per token. Floating-point
 * operations are two for each weight and token, and four for each pair of query and key and element
 * of a head. Norms, activations and the sampling count nothing, and the LM head only for the rows
 * that are sampled. Where a layer has experts, the least that could be needed is counted: every
 * token choosing the same ones. A window or chunk that hides some of the context is not counted as
 * such; its layers are taken to attend to everything.
 *
 * @param bytes moved
 * @param flops floating-point operations
 */
public record StepCost(double bytes, double flops) {

  /** The cost of what was computed, with weights, activations and cache in {@code type}. */
  public static StepCost of(ModelConfig config, FloatType type, StepReport step) {
    double layers = weights(config);
    double head = step.sampled() == 0 ? 0 : (double) config.vocabularySize() * config.hiddenSize();
    double embedding = (double) step.tokens() * config.hiddenSize();
    double cache = (double) step.contextTokens() * config.cacheBytesPerToken(type);
    double pairs = (double) step.attendedTokens() * config.layers().size() * config.queryWidth();
    return new StepCost(
        (layers + head + embedding) * type.bytes() + cache,
        2 * (layers * step.tokens() + head * step.sampled()) + 4 * pairs);
  }

  /** Weights of the linear layers that a token passes through. */
  static double weights(ModelConfig config) {
    double weights = 0;
    for (LayerConfig layer : config.layers()) {
      double hidden = config.hiddenSize();
      weights += 2 * hidden * (config.queryWidth() + config.keyValueWidth());
      weights += mlp(config, layer);
    }
    return weights;
  }

  private static double mlp(ModelConfig config, LayerConfig layer) {
    double width = 3.0 * config.hiddenSize();
    if (!layer.sparse()) {
      return width * config.denseIntermediateSize();
    }
    double router = (double) config.hiddenSize() * config.mixture().experts();
    double experts = width * config.intermediateSize() * config.mixture().perToken();
    double shared = config.architecture().isLlama4() ? width * config.intermediateSize() : 0;
    return router + experts + shared;
  }
}
