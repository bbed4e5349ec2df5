package dev.millrace.engine.model;

import ai.djl.MalformedModelException;
import ai.djl.pytorch.engine.PtModel;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import dev.millrace.engine.Device;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.function.Consumer;

/** {@code probe.py}, compiled. Confined to the thread that loads it, like the model's program. */
final class Probe implements AutoCloseable {
  private final ai.djl.Model model;
  private final PtNDManager manager;

  private Probe(ai.djl.Model model) {
    this.model = model;
    this.manager = (PtNDManager) model.getNDManager().newSubManager();
  }

  /**
   * @param threads of the processor; 0: all it has
   */
  static Probe load(Device device, int threads) {
    PyTorch.prepare(threads > 0 ? threads : Runtime.getRuntime().availableProcessors());
    byte[] archive =
        new TorchScriptArchive("probe", "Probe")
            .string("device", device.toString())
            .tensor("buffer")
            .tensor("x")
            .tensor("weights")
            .integer("kernel", 0)
            .pack(LlamaProgram.text("probe.py"));
    ai.djl.Model model =
        ai.djl.Model.newInstance("probe", LlamaProgram.djl(device), PyTorch.ENGINE);
    try {
      ((PtModel) model).load(new ByteArrayInputStream(archive), false);
    } catch (IOException | MalformedModelException e) {
      model.close();
      throw new IllegalStateException("probe.py does not compile", e);
    }
    return new Probe(model);
  }

  void fill(int elements) {
    call(call -> call.run("fill", call.of(elements)));
  }

  void read() {
    call(call -> call.run("read"));
  }

  /**
   * @param kernel of our own; 0: PyTorch's
   */
  void pack(int rows, int outputs, int inputs, FloatType type, long kernel) {
    call(
        call ->
            call.run(
                "pack",
                call.of(rows),
                call.of(outputs),
                call.of(inputs),
                call.of(type.scalarType()),
                call.of(kernel)));
  }

  void multiply() {
    call(call -> call.run("multiply"));
  }

  private void call(Consumer<NativeCall> action) {
    try (NativeCall call = new NativeCall((PtSymbolBlock) model.getBlock(), manager)) {
      action.accept(call);
    }
  }

  @Override
  public void close() {
    manager.close();
    model.close();
  }
}
