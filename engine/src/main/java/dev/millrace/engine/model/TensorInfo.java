package dev.millrace.engine.model;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.List;

/**
 * Where a tensor lies in a checkpoint.
 *
 * @param offset of its first byte from the start of the file
 * @param shape the sizes of its dimensions, outermost first
 */
public record TensorInfo(String name, Path file, FloatType type, List<Long> shape, long offset) {
  public TensorInfo {
    requireNonNull(name);
    requireNonNull(file);
    requireNonNull(type);
    shape = List.copyOf(shape);
  }

  public long elements() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  public long byteLength() {
    return Math.multiplyExact(elements(), type.bytes());
  }

  /** The same tensor, called otherwise. */
  TensorInfo named(String other) {
    return new TensorInfo(other, file, type, shape, offset);
  }

  /** Whether the tensor starts at a multiple of its element size and can be used where it lies. */
  boolean isAligned() {
    return offset % type.bytes() == 0;
  }
}
