package dev.millrace.engine.model;

import dev.millrace.engine.Device;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/** Which element types a device multiplies in hardware. */
final class NativeTypes {
  private static final Path PROCESSOR = Path.of("/proc/cpuinfo");

  /** The x86 extensions of AMD and Intel, and Arm's. */
  private static final Pattern BFLOAT16 = Pattern.compile("\\b(avx512_bf16|amx_bf16|bf16)\\b");

  private NativeTypes() {}

  /**
   * bfloat16 where the device has it and the weights are 16 bits wide, so that nothing is lost or
   * little; float32 otherwise. Every GPU that the CUDA program supports (Ampere on) has it.
   */
  static FloatType best(Device device, FloatType weights) {
    boolean narrow = weights != FloatType.FLOAT32;
    return narrow && (device.isCuda() || processorHasBfloat16())
        ? FloatType.BFLOAT16
        : FloatType.FLOAT32;
  }

  private static boolean processorHasBfloat16() {
    try {
      return Files.isReadable(PROCESSOR)
          && BFLOAT16.matcher(Files.readString(PROCESSOR, StandardCharsets.UTF_8)).find();
    } catch (IOException e) {
      return false; // float32 is always right
    }
  }
}
