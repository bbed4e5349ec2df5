package dev.millrace.engine.model;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** A floating-point element type, by the names that checkpoints, settings and the program use. */
public enum FloatType {
  FLOAT32("F32", "float32", 4, 6),
  FLOAT16("F16", "float16", 2, 5),
  BFLOAT16("BF16", "bfloat16", 2, 15);

  private final String safetensors;
  private final String torch;
  private final int bytes;
  private final int scalarType;

  FloatType(String safetensors, String torch, int bytes, int scalarType) {
    this.safetensors = safetensors;
    this.torch = torch;
    this.bytes = bytes;
    this.scalarType = scalarType;
  }

  /** The type a safetensors header calls {@code name}, as {@code BF16}. */
  public static Optional<FloatType> ofSafetensors(String name) {
    return Arrays.stream(values()).filter(type -> type.safetensors.equals(name)).findFirst();
  }

  /** The type PyTorch and config.json call {@code name}, as {@code bfloat16}. */
  public static Optional<FloatType> ofTorch(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return Arrays.stream(values()).filter(type -> type.torch.equals(lower)).findFirst();
  }

  /** As safetensors headers spell it. */
  public String safetensorsName() {
    return safetensors;
  }

  /** As PyTorch spells it. */
  public String torchName() {
    return torch;
  }

  /** Bytes per element. */
  public int bytes() {
    return bytes;
  }

  /** The number of PyTorch's c10::ScalarType, which is what a TorchScript program knows. */
  int scalarType() {
    return scalarType;
  }

  /** The value of one element's bits; exact, since float32 holds the others. */
  float toFloat(int bits) {
    return switch (this) {
      case FLOAT32 -> Float.intBitsToFloat(bits);
      case BFLOAT16 -> Float.intBitsToFloat(bits << 16);
      case FLOAT16 -> halfToFloat(bits);
    };
  }

  private static float halfToFloat(int bits) {
    int sign = (bits & 0x8000) << 16;
    int exponent = (bits >> 10) & 0x1f;
    int mantissa = bits & 0x3ff;
    if (exponent == 0) { // zero and subnormals, in units of 2^-24
      float magnitude = mantissa * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    int wide = exponent == 0x1f ? 0xff : exponent - 15 + 127;
    return Float.intBitsToFloat(sign | (wide << 23) | (mantissa << 13));
  }
}
