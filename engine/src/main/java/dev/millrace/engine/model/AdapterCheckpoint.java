package dev.millrace.engine.model;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.CheckpointException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A LoRA adapter in PEFT layout, checked against the model it is for: linear layers W become {@code
 * W x + scale B A x}. Holds no weights: the program maps them from the file.
 *
 * @param rank rows of each A and columns of each B
 * @param tensors every A and B by its name in the model, {@code <layer>.lora_A.weight} and {@code
 *     <layer>.lora_B.weight}
 * @param hash see {@link WeightsHash}
 */
public record AdapterCheckpoint(
    Path directory, int rank, double scale, Map<String, TensorInfo> tensors, String hash) {
  private static final String WEIGHTS = "adapter_model.safetensors";
  private static final String PEFT_PREFIX = "base_model.model.";
  static final String DOWN = ".lora_A.weight";
  static final String UP = ".lora_B.weight";

  public AdapterCheckpoint {
    requireNonNull(directory);
    tensors = Map.copyOf(tensors);
    requireNonNull(hash);
  }

  /**
   * Reads configuration and header, and checks every tensor against the layer it belongs to.
   *
   * @throws CheckpointException naming the file, the key or tensor and the way out if the adapter
   *     is damaged, for another model, or of a kind Millrace does not run
   */
  public static AdapterCheckpoint open(Path given, ModelConfig model) {
    Path directory = given.toAbsolutePath().normalize();
    AdapterConfig config = AdapterConfig.read(directory);
    SafetensorsFile file = SafetensorsFile.read(weights(directory));
    AdapterLayers layers = new AdapterLayers(model);
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    for (TensorInfo tensor : file.tensors().values()) {
      String name = named(tensor);
      requireShape(tensor, layers.shape(tensor, name, config.rank()), model);
      tensors.put(name, tensor);
    }
    layers.requireTargets(directory, config, tensors.keySet());
    String hash = WeightsHash.of(directory.resolve(AdapterConfig.FILE), List.of(file));
    return new AdapterCheckpoint(directory, config.rank(), config.scale(), tensors, hash);
  }

  private static Path weights(Path directory) {
    Path weights = directory.resolve(WEIGHTS);
    if (Files.exists(weights)) {
      return weights;
    }
    if (Files.exists(directory.resolve("adapter_model.bin"))) {
      throw new CheckpointException(
          directory
              + " has no "
              + WEIGHTS
              + ", only pickled weights, which can run code when they are read: load the adapter"
              + " with PEFT and save it with save_pretrained(safe_serialization=True)");
    }
    throw new CheckpointException(
        directory + " has no " + WEIGHTS + ": an adapter must be in PEFT layout");
  }

  private static String named(TensorInfo tensor) {
    if (!tensor.name().startsWith(PEFT_PREFIX)) {
      throw new CheckpointException(
          "%s: tensor %s does not begin with %s: save the adapter with PEFT"
              .formatted(tensor.file(), tensor.name(), PEFT_PREFIX));
    }
    return tensor.name().substring(PEFT_PREFIX.length());
  }

  private static void requireShape(TensorInfo tensor, List<Long> shape, ModelConfig model) {
    if (!tensor.shape().equals(shape)) {
      throw new CheckpointException(
          "%s: tensor %s has shape %s, but its rank and the model's hidden_size %d ask for %s: the adapter is for another model"
              .formatted(tensor.file(), tensor.name(), tensor.shape(), model.hiddenSize(), shape));
    }
  }
}
