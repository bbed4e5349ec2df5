package dev.millrace.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The most memory this process has had resident, as Linux counts it. */
final class PeakMemory {
  private static final Logger LOG = LoggerFactory.getLogger(PeakMemory.class);
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String PEAK = "VmHWM:";

  /** Takes commands by number (proc(5)). */
  private static final Path COMMANDS = Path.of("/proc/self/clear_refs");

  private static final String FORGET_PEAK = "5";

  private PeakMemory() {}

  /** Bytes; 0 where the system does not say. */
  static long bytes() {
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith(PEAK))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }

  /** From now on, counts anew from what is resident. Where the system refuses, nothing happens. */
  static void forget() {
    try {
      Files.writeString(COMMANDS, FORGET_PEAK, StandardOpenOption.WRITE);
    } catch (IOException refused) {
      LOG.debug("the peak of memory counts from this process's start", refused);
    }
  }
}
