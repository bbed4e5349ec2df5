package dev.millrace.engine.model;

/**
 * Llama 4 sharpens attention with distance in layers without rotation: queries at position p are
 * multiplied by {@code ln(1 + floor((p + 1) / floor)) * scale + 1}.
 *
 * @param scale 0 in a model without
 * @see <a href="https://arxiv.org/abs/2501.19399">Nakanishi, Scalable-Softmax</a>
 */
public record TemperatureTuning(double scale, double floor) {
  static TemperatureTuning none() {
    return new TemperatureTuning(0, 1);
  }
}
