package dev.millrace.engine.model;

import java.util.stream.IntStream;

/**
 * Cosines and sines of the rotary embedding, one row of {@code headDim / 2} per position. The
 * angles are float32 products of position and frequency, as they were in the models' training.
 *
 * @see <a href="https://arxiv.org/abs/2104.09864">Su et al., RoFormer</a>
 */
@SuppressWarnings("ArrayRecordComponent") // handed to native code once, never compared
record RotaryTable(int positions, int width, float[] cos, float[] sin) {

  static RotaryTable of(ModelConfig config, int positions) {
    RopeScaling scaling = config.ropeScaling();
    double[] frequencies = scaling.frequencies(config.ropeTheta(), config.headDim());
    double factor = scaling.attentionFactor();
    int width = frequencies.length;
    float[] cos = new float[Math.multiplyExact(positions, width)];
    float[] sin = new float[cos.length];
    // Long contexts have millions of angles, and a model is not ready before they are there.
    IntStream.range(0, positions)
        .parallel()
        .forEach(
            position -> {
              for (int i = 0; i < width; i++) {
                float angle = position * (float) frequencies[i];
                cos[position * width + i] = (float) (Math.cos(angle) * factor);
                sin[position * width + i] = (float) (Math.sin(angle) * factor);
              }
            });
    return new RotaryTable(positions, width, cos, sin);
  }
}
