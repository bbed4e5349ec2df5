package dev.millrace.engine.kernel;

import dev.millrace.engine.kernel.LinearKernel.Result;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Millrace's own kernels, for processors with AMX or AVX-512's products of bfloat16: machine code
 * that is written when a model is loaded and called by its program as {@code ops.millrace.run}.
 *
 * <p>Each number is a kernel's address, the operator's first argument; 0 is none. What the others
 * mean, {@link LinearKernel}, {@link GreedyKernel}, {@link NormKernel}, {@link RotaryKernel},
 * {@link TileAttentionKernel}, {@link PromptAttentionKernel} and {@link ChainKernel} say.
 *
 * @param panels puts a linear layer's weights into the order that the others want
 * @param tiles cuts the rows that a linear layer is given into the tiles that it wants
 * @param plain a linear layer
 * @param added a linear layer, and something added to it
 * @param gated silu(gate) * up of two linear layers
 * @param wide a linear layer in float32
 * @param greedy the largest logit of each row, and whether all are finite
 * @param chain runs calls of the others one after the other
 * @param norm RMS norm
 * @param rotary rotates queries and keys and puts keys and values into the cache
 * @param attention of single tokens
 * @param promptAttention of prompts
 */
public record Kernels(
    long panels,
    long tiles,
    long plain,
    long added,
    long gated,
    long wide,
    long greedy,
    long chain,
    long norm,
    long rotary,
    long attention,
    long promptAttention) {
  private static final Logger LOG = LoggerFactory.getLogger(Kernels.class);
  private static final Kernels NONE = new Kernels(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  private static final String PROPERTY = "millrace.kernels";

  /** What a process does once. */
  private static final class Once {
    private static Operator operator;
    private static Kernels common;

    private Once() {}

    private static synchronized void register(Path libraries) {
      if (operator == null) {
        operator = Operator.define(libraries);
      }
    }

    private static synchronized Kernels common() {
      if (common == null) {
        common = supported() ? installed() : NONE;
      }
      return common;
    }

    private static Kernels installed() {
      try {
        long ahead = Kernels.install(Panels::emitAhead);
        long chain = Kernels.install(a -> ChainKernel.emit(a, operator.threads(), ahead));
        operator.implement(chain);
        return new Kernels(
            Kernels.install(PanelKernel::emit),
            Kernels.install(TileKernel::emit),
            install(Result.PLAIN),
            install(Result.ADDED),
            install(Result.GATED),
            install(Result.WIDE),
            Kernels.install(GreedyKernel::emit),
            chain,
            0,
            0,
            0,
            0);
      } catch (IllegalStateException | UnsatisfiedLinkError e) {
        LOG.warn("models run on PyTorch's kernels, because Millrace's own cannot be called", e);
        return NONE;
      }
    }

    private static long install(Result result) {
      Extension extension = Extension.best().orElseThrow();
      return Kernels.install(assembler -> extension.linear(assembler, result));
    }
  }

  /** Whether this processor and system can run them. */
  public static boolean supported() {
    return Extension.best().isPresent();
  }

  /** Whether they may be used: not where the system property {@code millrace.kernels} is false. */
  public static boolean enabled() {
    return !"false".equals(System.getProperty(PROPERTY));
  }

  /**
   * Makes the operator known to PyTorch, which the program needs to compile even without kernels.
   *
   * @param libraries the directory of PyTorch's libraries, which must have been loaded
   * @throws IllegalStateException if PyTorch refuses
   */
  public static void register(Path libraries) {
    Once.register(libraries);
  }

  /** No kernels: the program computes with what PyTorch brings. */
  public static Kernels none() {
    return NONE;
  }

  /**
   * The kernels for a model with these heads and this epsilon of its norms; none where they are not
   * supported or the system does not let them be installed. Each call takes a few kilobytes for
   * good.
   */
  public static Kernels of(int queryHeads, int kvHeads, int headDim, double epsilon) {
    Kernels common = common();
    if (common.equals(NONE)) {
      return common;
    }
    boolean fits = AttentionHeads.fit(queryHeads, kvHeads, headDim);
    Extension extension = Extension.best().orElseThrow();
    return new Kernels(
        common.panels,
        common.tiles,
        common.plain,
        common.added,
        common.gated,
        common.wide,
        common.greedy,
        common.chain,
        install(a -> NormKernel.emit(a, (float) epsilon)),
        fits ? install(a -> RotaryKernel.emit(a, queryHeads, kvHeads, headDim)) : 0,
        fits ? install(a -> extension.attention(a, queryHeads, kvHeads, headDim)) : 0,
        fits ? install(a -> extension.promptAttention(a, queryHeads, kvHeads, headDim)) : 0);
  }

  /** The same without one or both of those that attend: PyTorch's do that. */
  public Kernels attending(boolean tokens, boolean prompts) {
    return new Kernels(
        panels,
        tiles,
        plain,
        added,
        gated,
        wide,
        greedy,
        chain,
        norm,
        rotary,
        tokens ? attention : 0,
        prompts ? promptAttention : 0);
  }

  /** Those that serve every model: of linear layers, greedy sampling and chains. */
  public static Kernels common() {
    return Once.common();
  }

  /** For the log: which kernels these are. */
  public String description() {
    if (equals(NONE)) {
      return "PyTorch's kernels";
    }
    List<String> parts = new ArrayList<>(List.of("linear"));
    if (attention != 0) {
      parts.add("attention");
    }
    if (promptAttention != 0) {
      parts.add("prompt attention");
    }
    return "own kernels (%s: %s)"
        .formatted(Extension.best().orElseThrow(), String.join(", ", parts));
  }

  private static long install(Consumer<Assembler> kernel) {
    Assembler assembler = new Assembler();
    kernel.accept(assembler);
    return MachineCode.install(assembler.code());
  }
}
