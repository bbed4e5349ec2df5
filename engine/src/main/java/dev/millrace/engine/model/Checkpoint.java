package dev.millrace.engine.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.engine.CheckpointException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A Llama checkpoint directory in Hugging Face layout whose every tensor has been found and
 * measured. Holds no weights: the program maps them from the files.
 *
 * @param tensors the tensors the model needs, by name
 * @param weightsHash see {@link WeightsHash}
 */
public record Checkpoint(
    Path directory, ModelConfig config, Map<String, TensorInfo> tensors, String weightsHash) {
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  public Checkpoint {
    requireNonNull(directory);
    requireNonNull(config);
    tensors = Map.copyOf(tensors);
    requireNonNull(weightsHash);
  }

  /**
   * Reads configuration and headers, and checks that every tensor the model needs is there in its
   * shape.
   *
   * @throws CheckpointException naming the file, the key and the way out if the checkpoint is
   *     incomplete, damaged or of a kind Millrace does not run
   */
  public static Checkpoint open(Path given) {
    Path directory = given.toAbsolutePath().normalize();
    if (!Files.isDirectory(directory)) {
      throw new CheckpointException(
          directory + " is not a directory: give a checkpoint directory in Hugging Face layout");
    }
    ModelConfig config = ConfigReader.read(directory);
    List<SafetensorsFile> files = files(directory);
    Map<String, TensorInfo> present = new LinkedHashMap<>();
    for (SafetensorsFile file : files) {
      for (TensorInfo tensor : file.tensors().values()) {
        TensorInfo other = present.putIfAbsent(tensor.name(), tensor);
        if (other != null) {
          throw new CheckpointException(
              "tensor %s is in %s and in %s".formatted(tensor.name(), other.file(), file.path()));
        }
      }
    }
    Map<String, TensorInfo> needed = new LinkedHashMap<>();
    LlamaTensors.shapes(config)
        .forEach((name, shape) -> needed.put(name, find(directory, present, name, shape)));
    return new Checkpoint(
        directory, config, needed, WeightsHash.of(directory.resolve("config.json"), files));
  }

  private static TensorInfo find(
      Path directory, Map<String, TensorInfo> present, String name, List<Long> shape) {
    TensorInfo tensor = present.get(name);
    if (tensor == null) {
      throw new CheckpointException(
          "%s: tensor %s is missing from the safetensors files: download the checkpoint again, or check that config.json belongs to it"
              .formatted(directory, name));
    }
    if (!tensor.shape().equals(shape)) {
      throw new CheckpointException(
          "%s: tensor %s has shape %s, but config.json asks for %s"
              .formatted(tensor.file(), name, tensor.shape(), shape));
    }
    return tensor;
  }

  private static List<SafetensorsFile> files(Path directory) {
    if (Files.exists(directory.resolve(INDEX))) {
      return shards(directory);
    }
    if (Files.exists(directory.resolve(SINGLE))) {
      return List.of(SafetensorsFile.read(directory.resolve(SINGLE)));
    }
    throw new CheckpointException(directory + " has no " + SINGLE + wayOut(directory));
  }

  private static List<SafetensorsFile> shards(Path directory) {
    JsonFile index = JsonFile.read(directory.resolve(INDEX));
    TreeSet<String> names = new TreeSet<>();
    for (JsonNode shard : index.child("weight_map").node()) {
      names.add(shard.asText());
    }
    return names.stream().map(name -> shard(directory, index, name)).toList();
  }

  private static SafetensorsFile shard(Path directory, JsonFile index, String name) {
    Path path = beside(directory, name);
    if (name.isEmpty() || !directory.equals(path.getParent())) {
      throw index.error("weight_map", "names \"" + name + "\", which is not a file beside it");
    }
    if (!Files.exists(path)) {
      throw new CheckpointException(
          "%s is missing, but %s names it: download the checkpoint again"
              .formatted(path, index.path()));
    }
    return SafetensorsFile.read(path);
  }

  /** The root if the name is no path at all. */
  private static Path beside(Path directory, String name) {
    try {
      return directory.resolve(name);
    } catch (InvalidPathException noPath) {
      return directory.getRoot();
    }
  }

  private static String wayOut(Path directory) {
    try (DirectoryStream<Path> pickles = Files.newDirectoryStream(directory, "*.{bin,pt,pth}")) {
      return pickles.iterator().hasNext()
          ? ", only pickled weights, which can run code when they are read: convert them with"
              + " transformers' save_pretrained(safe_serialization=True)"
          : " and no " + INDEX + ": download the checkpoint's weights";
    } catch (IOException e) {
      throw new CheckpointException(directory + " cannot be listed: " + e.getMessage(), e);
    }
  }
}
