package dev.millrace.engine.model;

import ai.djl.util.cuda.CudaUtils;
import com.sun.management.OperatingSystemMXBean;
import dev.millrace.engine.Device;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much of a device's memory the KV cache may take when nobody says. */
final class FreeMemory {
  private static final Path MEMORY = Path.of("/proc/meminfo");

  /** On a GPU that is all the cache's but for the activations of a step. */
  private static final double CUDA_SHARE = 0.85;

  /** The processor's memory is shared with the JVM, Flink and the page cache. */
  private static final double PROCESSOR_SHARE = 0.25;

  private FreeMemory() {}

  /**
   * The tokens a cache can hold, at most {@code most}. Ask when the weights are loaded.
   *
   * @param tokenBytes what one token takes
   * @throws IllegalStateException if it is not even one
   */
  static int cacheTokens(Device device, long tokenBytes, long most) {
    long bytes = (long) (free(device) * (device.isCuda() ? CUDA_SHARE : PROCESSOR_SHARE));
    long tokens = Math.min(Math.min(bytes / tokenBytes, most), Integer.MAX_VALUE);
    if (tokens < 1) {
      throw new IllegalStateException(
          device
              + " has "
              + bytes
              + " bytes left for a KV cache of "
              + tokenBytes
              + " bytes per token: use a smaller model or a larger device");
    }
    return (int) tokens;
  }

  private static long free(Device device) {
    if (device.isCuda()) {
      MemoryUsage usage = CudaUtils.getGpuMemory(LlamaProgram.djl(device));
      return usage.getMax() - usage.getCommitted();
    }
    var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    // The JVM knows a container's limit; the kernel knows which memory it can take back.
    return Math.min(system.getTotalMemorySize(), available(system.getFreeMemorySize()));
  }

  private static long available(long missing) {
    try {
      return Files.readAllLines(MEMORY).stream()
          .filter(line -> line.startsWith("MemAvailable:"))
          .map(line -> line.replaceAll("\\D", ""))
          .mapToLong(kilobytes -> Long.parseLong(kilobytes) * 1024)
          .findFirst()
          .orElse(missing);
    } catch (IOException e) {
      return missing;
    }
  }
}
