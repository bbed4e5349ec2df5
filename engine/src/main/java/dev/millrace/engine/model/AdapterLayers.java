package dev.millrace.engine.model;

import dev.millrace.engine.CheckpointException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The linear layers of a model that an adapter may change: those every token goes through. */
final class AdapterLayers {
  private static final Pattern ADAPTABLE =
      Pattern.compile(".*\\.layers\\.(\\d+)\\..*(?:[qkvo]|gate|up|down)_proj");
  private static final String NAMES =
      "q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj and down_proj";

  /** [outputs, inputs] by name. */
  private final Map<String, List<Long>> layers = new LinkedHashMap<>();

  AdapterLayers(ModelConfig model) {
    LlamaTensors.shapes(model)
        .forEach(
            (tensor, shape) -> {
              String layer = withoutSuffix(tensor, ".weight");
              if (shape.size() == 2 && ADAPTABLE.matcher(layer).matches()) {
                layers.put(layer, shape);
              }
            });
  }

  /**
   * The shape that a tensor of an adapter must have.
   *
   * @param name of the tensor in the model
   * @throws CheckpointException if there is no layer for it
   */
  List<Long> shape(TensorInfo tensor, String name, long rank) {
    boolean down = name.endsWith(AdapterCheckpoint.DOWN);
    String suffix = down ? AdapterCheckpoint.DOWN : AdapterCheckpoint.UP;
    List<Long> shape = layers.get(withoutSuffix(name, suffix));
    if (shape == null || !name.endsWith(suffix)) {
      throw new CheckpointException(
          "%s: tensor %s changes what Millrace cannot adapt in this model: it adapts %s (lora_A and lora_B) of every layer, outside experts"
              .formatted(tensor.file(), tensor.name(), NAMES));
    }
    return down ? List.of(rank, shape.get(1)) : List.of(shape.get(0), rank);
  }

  /**
   * PEFT leaves out, with a warning, tensors that the configuration does not name, and leaves as it
   * was a layer that has none. Here both are refused: the adapter is not whole.
   */
  void requireTargets(Path directory, AdapterConfig config, Set<String> tensors) {
    for (String target : config.targets()) {
      if (layers.keySet().stream().noneMatch(layer -> isTarget(layer, target))) {
        throw new CheckpointException(
            "%s: target_modules names %s, which Millrace cannot adapt in this model: it adapts %s"
                .formatted(directory.resolve(AdapterConfig.FILE), target, NAMES));
      }
    }
    for (String layer : layers.keySet()) {
      requireWhole(directory, config, tensors, layer);
    }
  }

  private static void requireWhole(
      Path directory, AdapterConfig config, Set<String> tensors, String layer) {
    boolean down = tensors.contains(layer + AdapterCheckpoint.DOWN);
    boolean up = tensors.contains(layer + AdapterCheckpoint.UP);
    // A pattern is not evaluated: it named the layers of which PEFT saved tensors.
    boolean wanted = config.isPattern() ? down || up : isWanted(config, layer);
    if (down != wanted || up != wanted) {
      throw new CheckpointException(
          "%s: %s by %s, but lora_A of it is %s and lora_B is %s: save the adapter again"
              .formatted(
                  directory,
                  layer + (wanted ? " is adapted" : " is not adapted"),
                  AdapterConfig.FILE,
                  down ? "there" : "missing",
                  up ? "there" : "missing"));
    }
  }

  private static boolean isWanted(AdapterConfig config, String layer) {
    return config.targets().stream().anyMatch(target -> isTarget(layer, target))
        && (config.layers().isEmpty() || config.layers().contains(index(layer)));
  }

  private static boolean isTarget(String layer, String target) {
    return layer.equals(target) || layer.endsWith("." + target);
  }

  private static int index(String layer) {
    Matcher matcher = ADAPTABLE.matcher(layer);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(layer);
    }
    return Integer.parseInt(matcher.group(1));
  }

  private static String withoutSuffix(String name, String suffix) {
    return name.endsWith(suffix) ? name.substring(0, name.length() - suffix.length()) : name;
  }
}
