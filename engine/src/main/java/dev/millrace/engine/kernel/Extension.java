package dev.millrace.engine.kernel;

import com.sun.jna.Function;
import dev.millrace.engine.kernel.LinearKernel.Result;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What of the instruction set multiplies bfloat16, and the kernels that are made for it. */
enum Extension {
  /** Vectors' products of pairs; norms, rotation and the choice of tokens want no more either. */
  VECTORS("AVX-512", "avx512f avx512dq avx512bw avx512vl avx512_bf16") {
    @Override
    void linear(Assembler a, Result result) {
      VectorLinearKernel.emit(a, result);
    }

    @Override
    void attention(Assembler a, int queryHeads, int kvHeads, int headDim) {
      VectorAttentionKernel.emit(a, queryHeads, kvHeads, headDim);
    }

    @Override
    void promptAttention(Assembler a, int queryHeads, int kvHeads, int headDim) {
      VectorPromptAttentionKernel.emit(a, queryHeads, kvHeads, headDim);
    }
  },

  /** Products of tiles. */
  TILES("AMX", "amx_tile amx_bf16") {
    @Override
    boolean supported() {
      return VECTORS.supported() && super.supported() && allowed();
    }

    @Override
    void linear(Assembler a, Result result) {
      TileLinearKernel.emit(a, result);
    }

    @Override
    void attention(Assembler a, int queryHeads, int kvHeads, int headDim) {
      TileAttentionKernel.emit(a, queryHeads, kvHeads, headDim);
    }

    @Override
    void promptAttention(Assembler a, int queryHeads, int kvHeads, int headDim) {
      TilePromptAttentionKernel.emit(a, queryHeads, kvHeads, headDim);
    }

    /** A process must ask for AMX before its threads use it (Linux 5.16 on). */
    private static boolean allowed() {
      return Function.getFunction("c", "syscall")
              .invokeLong(new Object[] {ARCH_PRCTL, REQUEST_EXTENSION, TILE_DATA})
          == 0;
    }
  };

  private static final Path PROCESSOR = Path.of("/proc/cpuinfo");

  private static final long ARCH_PRCTL = 158; // the system call's number
  private static final long REQUEST_EXTENSION = 0x1023; // ARCH_REQ_XCOMP_PERM
  private static final long TILE_DATA = 18; // XFEATURE_XTILEDATA

  private final String title;
  private final String flags;

  Extension(String title, String flags) {
    this.title = title;
    this.flags = flags;
  }

  /** Whether this processor and system have it. */
  boolean supported() {
    try (Stream<String> lines = Files.lines(PROCESSOR, StandardCharsets.UTF_8)) {
      return lines
          .filter(line -> line.startsWith("flags"))
          .findFirst() // all processors have the same
          .map(line -> List.of(line.split(" ")).containsAll(List.of(flags.split(" "))))
          .orElse(false);
    } catch (IOException e) {
      return false; // what PyTorch brings is always right
    }
  }

  abstract void linear(Assembler a, Result result);

  /** Of single tokens. */
  abstract void attention(Assembler a, int queryHeads, int kvHeads, int headDim);

  abstract void promptAttention(Assembler a, int queryHeads, int kvHeads, int headDim);

  /** The one whose kernels are the fastest of those that this processor and system have. */
  static Optional<Extension> best() {
    return Stream.of(TILES, VECTORS).filter(Extension::supported).findFirst();
  }

  @Override
  public String toString() {
    return title;
  }
}
