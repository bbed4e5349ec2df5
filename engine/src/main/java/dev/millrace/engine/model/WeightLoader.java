package dev.millrace.engine.model;

import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Puts a checkpoint's weights into the program. The program maps the files itself; each layer is
 * packed for its device and its mapping given up before the next, so that the weights are resident
 * once.
 */
final class WeightLoader {
  private final LlamaProgram program;
  private final Checkpoint checkpoint;
  private final LoadProgress progress;

  WeightLoader(LlamaProgram program, Checkpoint checkpoint, LoadProgress progress) {
    this.program = program;
    this.checkpoint = checkpoint;
    this.progress = progress;
  }

  void load() {
    ModelConfig config = checkpoint.config();
    long total = bytes(name -> true);
    long loaded = 0;
    progress.loaded(loaded, total);
    for (int layer = 0; layer < config.layers().size(); layer++) {
      int index = layer;
      Predicate<String> ofLayer = name -> name.startsWith(LlamaTensors.layer(config, index));
      place(ofLayer);
      program.call(call -> call.run("pack_layer", call.of(index)));
      loaded += bytes(ofLayer);
      progress.loaded(loaded, total);
    }
    place(name -> !name.startsWith(LlamaTensors.layers(config)));
    program.call(call -> call.run("pack_head"));
    place(LlamaTensors.embedding(config)::equals); // the pages read by now have been given up
    program.call(call -> call.run("keep_embedding"));
    progress.loaded(total, total);
  }

  /** In a mapping of their own, which the program gives up when it has packed them. */
  private void place(Predicate<String> name) {
    TensorMapping mapping = new TensorMapping(program);
    tensors(name).forEach(mapping::place);
  }

  private long bytes(Predicate<String> name) {
    return tensors(name).mapToLong(TensorInfo::byteLength).sum();
  }

  private Stream<TensorInfo> tensors(Predicate<String> name) {
    return checkpoint.tensors().values().stream().filter(tensor -> name.test(tensor.name()));
  }
}
