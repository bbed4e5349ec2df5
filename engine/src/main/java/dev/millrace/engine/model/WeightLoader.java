package dev.millrace.engine.model;

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
    TensorMapping all = new TensorMapping(program);
    checkpoint.tensors().values().forEach(all::place);
    long total = bytes("");
    long loaded = 0;
    progress.loaded(loaded, total);
    for (int layer = 0; layer < checkpoint.config().layers().size(); layer++) {
      int index = layer;
      program.call(call -> call.run("pack_layer", call.of(index)));
      loaded += bytes(".layers." + layer + ".");
      progress.loaded(loaded, total);
    }
    program.call(call -> call.run("pack_head"));
    String embedding = LlamaTensors.embedding(checkpoint.config());
    // In a mapping of its own: the old one is resident.
    new TensorMapping(program).place(checkpoint.tensors().get(embedding));
    program.call(call -> call.run("keep_embedding"));
    progress.loaded(total, total);
  }

  /** Of the tensors whose names contain this. */
  private long bytes(String part) {
    return checkpoint.tensors().values().stream()
        .filter(tensor -> tensor.name().contains(part))
        .mapToLong(TensorInfo::byteLength)
        .sum();
  }
}
