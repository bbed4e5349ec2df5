package dev.millrace.engine;

import java.util.Arrays;
import java.util.Locale;

/** The number format a model computes in. */
public enum Precision {
  /**
   * bfloat16 where the device computes it natively and the weights are 16 bits wide, else float32.
   */
  AUTO,
  FLOAT32,
  BFLOAT16;

  /**
   * Reads {@code auto}, {@code float32} or {@code bfloat16}.
   *
   * @throws IllegalArgumentException naming the value if it is none of these
   */
  public static Precision parse(String name) {
    return Arrays.stream(values())
        .filter(value -> value.toString().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "precision '" + name + "' must be auto, float32 or bfloat16"));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
