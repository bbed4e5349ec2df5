package dev.millrace.engine.model;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** The model classes of transformers whose checkpoints Millrace runs. */
public enum Architecture {
  LLAMA("LlamaForCausalLM", "llama"),
  MISTRAL("MistralForCausalLM", "mistral"),
  MIXTRAL("MixtralForCausalLM", "mixtral"),
  LLAMA_4_TEXT("Llama4ForCausalLM", "llama4_text"),
  /** Llama 4 with its vision encoder, of which only the language model is used. */
  LLAMA_4("Llama4ForConditionalGeneration", "llama4");

  private final String className;
  private final String modelType;

  Architecture(String className, String modelType) {
    this.className = className;
    this.modelType = modelType;
  }

  /** The architecture that config.json calls {@code className}. */
  static Optional<Architecture> of(String className) {
    return Arrays.stream(values()).filter(a -> a.className.equals(className)).findFirst();
  }

  /** All names, for a message. */
  static String names() {
    return Arrays.stream(values())
        .map(architecture -> "\"" + architecture.className + "\"")
        .collect(Collectors.joining(", "));
  }

  /** What config.json says as {@code model_type}. */
  String modelType() {
    return modelType;
  }

  /** Whether the language model is one part of a checkpoint that has others. */
  boolean isWrapped() {
    return this == LLAMA_4;
  }

  /** What the names of the language model's tensors begin with. */
  String tensorPrefix() {
    return isWrapped() ? "language_model." : "";
  }

  boolean isLlama4() {
    return this == LLAMA_4 || this == LLAMA_4_TEXT;
  }
}
