package dev.millrace.engine;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a model runs: the processor, or one GPU by index. */
public record Device(Kind kind, int index) {
  /** The sort of device. */
  public enum Kind {
    CPU,
    CUDA
  }

  private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,3}))?");
  private static final Device PROCESSOR = new Device(Kind.CPU, 0);

  public static Device cpu() {
    return PROCESSOR;
  }

  public static Device cuda(int index) {
    return new Device(Kind.CUDA, index);
  }

  /**
   * Reads {@code cpu}, {@code cuda} (the first GPU) or {@code cuda:N}.
   *
   * @throws IllegalArgumentException naming the value if it is none of these
   */
  public static Device parse(String name) {
    if (name.equals("cpu")) {
      return PROCESSOR;
    }
    Matcher cuda = CUDA.matcher(name);
    if (!cuda.matches()) {
      throw new IllegalArgumentException("device '" + name + "' must be cpu, cuda or cuda:N");
    }
    return cuda(cuda.group(1) == null ? 0 : Integer.parseInt(cuda.group(1)));
  }

  public boolean isCuda() {
    return kind == Kind.CUDA;
  }

  /** PyTorch's name for it, as {@link #parse} reads it. */
  @Override
  public String toString() {
    return isCuda() ? "cuda:" + index : "cpu";
  }
}
