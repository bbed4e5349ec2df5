package dev.millrace.engine.kernel;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.List;

/** Calls a kernel on this thread alone, with tensors in memory of its own. */
final class KernelCall {
  private static final int ALIGNMENT = 64;

  private final long code;
  private final List<Memory> tensors = new ArrayList<>();
  private final Memory arguments = new Memory(KernelArguments.BYTES);

  KernelCall(byte[] code) {
    this.code = MachineCode.install(code);
    arguments.clear();
  }

  static short bfloat16(float value) {
    int bits = Float.floatToIntBits(value);
    return (short) ((bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16);
  }

  static float widened(short bfloat16) {
    return Float.intBitsToFloat(bfloat16 << 16);
  }

  static float rounded(float value) {
    return widened(bfloat16(value));
  }

  KernelCall tensor(KernelArguments argument, float[] values) {
    Pointer memory = allocate(argument, (long) values.length * Short.BYTES);
    for (int i = 0; i < values.length; i++) {
      memory.setShort((long) i * Short.BYTES, bfloat16(values[i]));
    }
    return this;
  }

  KernelCall tensor(KernelArguments argument, long[] values) {
    allocate(argument, (long) values.length * Long.BYTES).write(0, values, 0, values.length);
    return this;
  }

  /** In float32. */
  KernelCall wideTensor(KernelArguments argument, float[] values) {
    allocate(argument, (long) values.length * Float.BYTES).write(0, values, 0, values.length);
    return this;
  }

  KernelCall integer(KernelArguments argument, long value) {
    arguments.setLong(argument.offset(), value);
    return this;
  }

  /** Runs it; returns `count` elements of OUT, bfloat16. */
  float[] run(int count) {
    allocate(KernelArguments.OUT, (long) count * Short.BYTES);
    runInPlace();
    return values(KernelArguments.OUT, count);
  }

  float[] runWide(int count) {
    Pointer out = allocate(KernelArguments.OUT, (long) count * Float.BYTES);
    runInPlace();
    return out.getFloatArray(0, count);
  }

  /** What a tensor of bfloat16 holds. */
  float[] values(KernelArguments argument, int count) {
    Pointer tensor = new Pointer(arguments.getLong(argument.offset()));
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = widened(tensor.getShort((long) i * Short.BYTES));
    }
    return values;
  }

  /** Runs it; returns `count` elements of OUT, of 64 bits. */
  long[] runLong(int count) {
    Pointer out = allocate(KernelArguments.OUT, (long) count * Long.BYTES);
    runInPlace();
    return out.getLongArray(0, count);
  }

  void runInPlace() {
    arguments.setLong(KernelArguments.NEXT.offset(), 0);
    Function.getFunction(new Pointer(code))
        .invokeVoid(new Object[] {arguments, (long) KernelArguments.NO_PIECE});
  }

  private Pointer allocate(KernelArguments argument, long bytes) {
    Memory memory = new Memory(bytes + 2L * ALIGNMENT);
    tensors.add(memory);
    Pointer aligned = memory.align(ALIGNMENT);
    arguments.setLong(argument.offset(), Pointer.nativeValue(aligned));
    return aligned;
  }
}
