package dev.millrace.engine.model;

/**
 * What one layer does that another does not.
 *
 * @param rotary whether queries and keys are rotated by their positions
 * @param local whether attention has the model's {@linkplain ModelConfig#localSpan() local span},
 *     and not all of the context
 * @param sparse whether the MLP is a mixture of experts
 */
public record LayerConfig(boolean rotary, boolean local, boolean sparse) {}
