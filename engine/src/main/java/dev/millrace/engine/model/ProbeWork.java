package dev.millrace.engine.model;

import ai.djl.MalformedModelException;
import ai.djl.pytorch.engine.PtModel;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import dev.millrace.engine.Device;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * {@code probe.py}, compiled, with one piece of work that it repeats. Confined to the thread that
 * makes it, which must have called {@link PyTorch#prepare}.
 */
final class ProbeWork implements AutoCloseable {
  /** In place of the address of a kernel of our own. */
  static final long PYTORCH = 0;

  private final ai.djl.Model model;
  private final PtNDManager manager;
  private final String method;
  private final double amount;
  private final long bytes;

  private ProbeWork(Device device, String method, double amount, long bytes) {
    this.model = compile(device);
    this.manager = (PtNDManager) model.getNDManager().newSubManager();
    this.method = method;
    this.amount = amount;
    this.bytes = bytes;
  }

  /** Adds up so many elements of float32. Its amount is bytes. */
  static ProbeWork sum(Device device, int elements) {
    long bytes = (long) elements * FloatType.FLOAT32.bytes();
    ProbeWork work = new ProbeWork(device, "sum", bytes, bytes);
    work.call(call -> call.run("fill", call.of(elements)));
    return work;
  }

  /** A linear layer in bfloat16. Its amount is the bytes of its weights. */
  static ProbeWork reading(Device device, ProbePlan.Layer layer, long kernel) {
    FloatType type = FloatType.BFLOAT16;
    double amount = (double) layer.outputs() * layer.inputs() * type.bytes();
    return layer(device, layer, type, kernel, amount);
  }

  /** A linear layer. Its amount is floating-point operations. */
  static ProbeWork product(Device device, ProbePlan.Layer layer, FloatType type, long kernel) {
    return layer(device, layer, type, kernel, layer.flops());
  }

  private static ProbeWork layer(
      Device device, ProbePlan.Layer layer, FloatType type, long kernel, double amount) {
    long elements = (long) layer.inputs() * (layer.rows() + layer.outputs());
    ProbeWork work = new ProbeWork(device, "multiply", amount, elements * type.bytes());
    work.call(
        call ->
            call.run(
                "pack",
                call.of(layer.rows()),
                call.of(layer.outputs()),
                call.of(layer.inputs()),
                call.of(type.scalarType()),
                call.of(kernel)));
    return work;
  }

  private static ai.djl.Model compile(Device device) {
    byte[] archive =
        new TorchScriptArchive("probe", "Probe")
            .string("device", device.toString())
            .tensor("x")
            .tensor("weights")
            .integer("kernel", PYTORCH)
            .pack(LlamaProgram.text("probe.py"));
    ai.djl.Model model =
        ai.djl.Model.newInstance("probe", LlamaProgram.djl(device), PyTorch.ENGINE);
    try {
      ((PtModel) model).load(new ByteArrayInputStream(archive), false);
      return model;
    } catch (IOException | MalformedModelException e) {
      model.close();
      throw new IllegalStateException("probe.py does not compile", e);
    }
  }

  /** Does the work once and returns the seconds that it took. */
  double run() {
    long start = System.nanoTime();
    call(call -> call.run(method));
    return (System.nanoTime() - start) / 1e9;
  }

  /** The mean of what it does in a second, over at least so many. */
  double rate(double atLeast) {
    double seconds = 0;
    int times = 0;
    while (times == 0 || seconds < atLeast) {
      seconds += run();
      times++;
    }
    return times * amount / seconds;
  }

  /** What is done in a run: bytes or floating-point operations. */
  double amount() {
    return amount;
  }

  /** Held in the device's memory. */
  long bytes() {
    return bytes;
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
