package dev.millrace.engine.kernel;

import com.sun.jna.Function;
import dev.millrace.engine.kernel.LinearKernel.Result;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Millrace's own kernels, for processors with AMX: machine code that is written when a model is
 * loaded and called by its program as {@code ops.millrace.run}.
 *
 * <p>Each number is a kernel's address, the operator's first argument; 0 is none. What the others
 * mean, {@link LinearKernel} and {@link AttentionKernel} say.
 *
 * @param panels puts a linear layer's weights into the order that the others want
 * @param plain a linear layer
 * @param added a linear layer, and something added to it
 * @param gated silu(gate) * up of two linear layers
 * @param wide a linear layer in float32
 * @param attention of single tokens
 */
public record Kernels(long panels, long plain, long added, long gated, long wide, long attention) {
  private static final Kernels NONE = new Kernels(0, 0, 0, 0, 0, 0);

  private static final String PROPERTY = "millrace.kernels";
  private static final Path PROCESSOR = Path.of("/proc/cpuinfo");
  private static final List<String> EXTENSIONS =
      List.of("avx512f", "avx512bw", "avx512vl", "avx512_bf16", "amx_tile", "amx_bf16");

  private static final long ARCH_PRCTL = 158; // the system call's number
  private static final long REQUEST_EXTENSION = 0x1023; // ARCH_REQ_XCOMP_PERM
  private static final long TILE_DATA = 18; // XFEATURE_XTILEDATA

  /** What a process does once. */
  private static final class Once {
    private static final boolean SUPPORTED = processorHas(EXTENSIONS) && tilesAllowed();

    private static final long PANELS = SUPPORTED ? Kernels.install(PanelKernel::emit) : 0;
    private static final long PLAIN = install(Result.PLAIN);
    private static final long ADDED = install(Result.ADDED);
    private static final long GATED = install(Result.GATED);
    private static final long WIDE = install(Result.WIDE);

    private static boolean registered;

    private Once() {}

    private static long install(Result result) {
      return SUPPORTED ? Kernels.install(assembler -> LinearKernel.emit(assembler, result)) : 0;
    }

    private static synchronized void register() {
      if (!registered) {
        Operator.register(SUPPORTED);
        registered = true;
      }
    }
  }

  /**
   * Whether this processor and system can run them.
   *
   * @see #of how they are turned off
   */
  public static boolean supported() {
    return Once.SUPPORTED;
  }

  /** Makes the operator known to PyTorch, whose libraries must have been loaded. */
  public static void register() {
    Once.register();
  }

  /** No kernels: the program computes with what PyTorch brings. */
  public static Kernels none() {
    return NONE;
  }

  /**
   * The kernels for a model with these heads; none where they are not supported, or turned off by
   * the system property {@code millrace.kernels=false}. Each call takes a few kilobytes for good.
   */
  public static Kernels of(int queryHeads, int kvHeads, int headDim) {
    if (!supported() || "false".equals(System.getProperty(PROPERTY))) {
      return NONE;
    }
    long attention =
        AttentionKernel.fits(queryHeads, kvHeads, headDim)
            ? install(a -> AttentionKernel.emit(a, queryHeads, kvHeads, headDim))
            : 0;
    return new Kernels(Once.PANELS, Once.PLAIN, Once.ADDED, Once.GATED, Once.WIDE, attention);
  }

  /** The address of the kernel for linear layers, whatever the property says. */
  public static long linear() {
    return Once.PLAIN;
  }

  private static long install(Consumer<Assembler> kernel) {
    Assembler assembler = new Assembler();
    kernel.accept(assembler);
    return MachineCode.install(assembler.code());
  }

  private static boolean processorHas(List<String> extensions) {
    try {
      return Files.isReadable(PROCESSOR)
          && Files.readAllLines(PROCESSOR, StandardCharsets.UTF_8).stream()
              .filter(line -> line.startsWith("flags"))
              .anyMatch(line -> Set.copyOf(Arrays.asList(line.split(" "))).containsAll(extensions));
    } catch (IOException e) {
      return false; // what PyTorch brings is always right
    }
  }

  /** A process must ask for AMX before its threads use it (Linux 5.16 on). */
  private static boolean tilesAllowed() {
    return Function.getFunction("c", "syscall")
            .invokeLong(new Object[] {ARCH_PRCTL, REQUEST_EXTENSION, TILE_DATA})
        == 0;
  }
}
