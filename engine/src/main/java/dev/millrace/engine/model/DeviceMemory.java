package dev.millrace.engine.model;

import ai.djl.util.cuda.CudaUtils;
import dev.millrace.engine.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much of a device's memory is in use. */
public final class DeviceMemory {
  private static final Path STATUS = Path.of("/proc/self/status");

  private DeviceMemory() {}

  /**
   * On a GPU what all its processes use; on the processor what this process has in memory, mapped
   * weights included, or 0 where the operating system does not say.
   */
  public static long usedBytes(Device device) {
    return device.isCuda()
        ? CudaUtils.getGpuMemory(LlamaProgram.djl(device)).getCommitted()
        : residentBytes();
  }

  private static long residentBytes() {
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .map(line -> line.replaceAll("\\D", ""))
          .mapToLong(kilobytes -> Long.parseLong(kilobytes) * 1024)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }
}
