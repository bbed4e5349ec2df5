package dev.millrace.engine.model;

/**
 * How the rotary embedding's frequencies are stretched for contexts longer than the pre-training's.
 *
 * @see <a
 *     href="https://github.com/huggingface/transformers/blob/main/src/transformers/modeling_rope_utils.py">transformers,
 *     modeling_rope_utils</a>
 */
public sealed interface RopeScaling {

  /** The frequency, in radians per position, that takes the place of {@code frequency}. */
  double scale(double frequency);

  /** Frequencies as they are. */
  record None() implements RopeScaling {
    @Override
    public double scale(double frequency) {
      return frequency;
    }
  }

  /** Every frequency divided by one factor (Chen et al., 2023, position interpolation). */
  record Linear(double factor) implements RopeScaling {
    public Linear {
      requirePositive("factor", factor);
    }

    @Override
    public double scale(double frequency) {
      return frequency / factor;
    }
  }

  /**
   * Llama 3.1's: short wavelengths stay, long ones are divided by the factor, those between blend.
   *
   * @param originalContext the context length of the pre-training, in tokens
   */
  record Llama3(double factor, double lowFrequency, double highFrequency, int originalContext)
      implements RopeScaling {
    public Llama3 {
      requirePositive("factor", factor);
      requirePositive("low_freq_factor", lowFrequency);
      requirePositive("original_max_position_embeddings", originalContext);
      if (!(highFrequency > lowFrequency)) {
        throw new IllegalArgumentException(
            "high_freq_factor " + highFrequency + " must exceed low_freq_factor " + lowFrequency);
      }
    }

    @Override
    public double scale(double frequency) {
      double wavelength = 2 * Math.PI / frequency;
      if (wavelength < originalContext / highFrequency) {
        return frequency;
      }
      if (wavelength > originalContext / lowFrequency) {
        return frequency / factor;
      }
      double smooth =
          (originalContext / wavelength - lowFrequency) / (highFrequency - lowFrequency);
      return (1 - smooth) * frequency / factor + smooth * frequency;
    }
  }

  private static void requirePositive(String name, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(name + " " + value + " must be greater than 0");
    }
  }
}
