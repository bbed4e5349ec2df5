package dev.millrace.engine.model;

import java.util.OptionalDouble;

/**
 * How the rotary embedding's frequencies are stretched for contexts longer than the pre-training's.
 *
 * @see <a
 *     href="https://github.com/huggingface/transformers/blob/v4.57.6/src/transformers/modeling_rope_utils.py">transformers,
 *     modeling_rope_utils</a>
 */
public sealed interface RopeScaling {

  /**
   * The frequencies of a head's {@code headDim / 2} pairs, in radians per position.
   *
   * @param theta the base of the frequencies as they were before scaling
   */
  double[] frequencies(double theta, int headDim);

  /** What cosines and sines are multiplied by, and so the square root of what it does to scores. */
  default double attentionFactor() {
    return 1;
  }

  /** Frequencies as they are. */
  record None() implements RopeScaling {
    @Override
    public double[] frequencies(double theta, int headDim) {
      return unscaled(theta, headDim);
    }
  }

  /** Every frequency divided by one factor (Chen et al., 2023, position interpolation). */
  record Linear(double factor) implements RopeScaling {
    public Linear {
      requirePositive("factor", factor);
    }

    @Override
    public double[] frequencies(double theta, int headDim) {
      double[] frequencies = unscaled(theta, headDim);
      for (int i = 0; i < frequencies.length; i++) {
        frequencies[i] /= factor;
      }
      return frequencies;
    }
  }

  /**
   * Dynamic NTK: unscaled up to max_position_embeddings, and with a base that grows with the
   * sequence beyond. Millrace ends a sequence at max_position_embeddings, so the factor never acts:
   * beyond, the reference rotates early keys by one base and late ones by another, and its answer
   * depends on how the sequence was cut into steps.
   */
  record Dynamic(double factor) implements RopeScaling {
    public Dynamic {
      requirePositive("factor", factor);
    }

    @Override
    public double[] frequencies(double theta, int headDim) {
      return unscaled(theta, headDim);
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
    public double[] frequencies(double theta, int headDim) {
      double[] frequencies = unscaled(theta, headDim);
      for (int i = 0; i < frequencies.length; i++) {
        double turns = originalContext * frequencies[i] / (2 * Math.PI);
        double kept = clamp((turns - lowFrequency) / (highFrequency - lowFrequency));
        frequencies[i] *= kept + (1 - kept) / factor;
      }
      return frequencies;
    }
  }

  /**
   * YaRN: pairs that turn more than {@code betaFast} times within the original context stay, those
   * that turn less than {@code betaSlow} times are divided by the factor, a ramp over the pairs
   * between.
   *
   * @param originalContext the context length of the pre-training, in tokens
   * @param truncate whether the ramp begins and ends at whole pairs
   * @param givenAttentionFactor empty for the paper's, 0.1 ln(factor) + 1
   * @see <a href="https://arxiv.org/abs/2309.00071">Peng et al., YaRN</a>
   */
  record Yarn(
      double factor,
      int originalContext,
      double betaFast,
      double betaSlow,
      boolean truncate,
      OptionalDouble givenAttentionFactor)
      implements RopeScaling {
    public Yarn {
      requirePositive("factor", factor);
      requirePositive("original_max_position_embeddings", originalContext);
      requirePositive("beta_slow", betaSlow);
      if (betaFast < betaSlow) {
        throw new IllegalArgumentException(
            "beta_fast " + betaFast + " must not be less than beta_slow " + betaSlow);
      }
      givenAttentionFactor.ifPresent(value -> requirePositive("attention_factor", value));
    }

    @Override
    public double attentionFactor() {
      return givenAttentionFactor.orElse(attentionFactor(factor, 1));
    }

    /** The paper's factor with the logarithm weighted by {@code mscale}. */
    static double attentionFactor(double factor, double mscale) {
      return factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1;
    }

    @Override
    public double[] frequencies(double theta, int headDim) {
      double low = pairOfTurns(betaFast, theta, headDim);
      double high = pairOfTurns(betaSlow, theta, headDim);
      double begin = Math.max(truncate ? Math.floor(low) : low, 0);
      double end = Math.min(truncate ? Math.ceil(high) : high, headDim - 1);
      double width = begin == end ? 0.001 : end - begin;
      double[] frequencies = unscaled(theta, headDim);
      for (int i = 0; i < frequencies.length; i++) {
        double scaled = clamp((i - begin) / width);
        frequencies[i] *= 1 - scaled + scaled / factor;
      }
      return frequencies;
    }

    /** The index, not rounded, of the pair that turns so often within the original context. */
    private double pairOfTurns(double turns, double theta, int headDim) {
      double logarithm = Math.log(originalContext / (turns * 2 * Math.PI));
      return headDim * logarithm / (2 * Math.log(theta));
    }
  }

  private static double[] unscaled(double theta, int headDim) {
    double[] frequencies = new double[headDim / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = Math.pow(theta, -2.0 * i / headDim);
    }
    return frequencies;
  }

  private static double clamp(double value) {
    return Math.min(1, Math.max(0, value));
  }

  private static void requirePositive(String name, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(name + " " + value + " must be greater than 0");
    }
  }
}
