package dev.millrace.engine;

import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How likely each text of a {@link ResponseFormat.Choice} was, from the model's logits before
 * temperature.
 *
 * @param probabilities of every text, in the choice's order; they add up to 1
 */
public record LabelScores(Map<String, Double> probabilities) {
  public LabelScores {
    if (probabilities.isEmpty()) {
      throw new IllegalArgumentException("there are no labels to score");
    }
    probabilities = Collections.unmodifiableMap(new LinkedHashMap<>(probabilities));
  }

  /** The likeliest text; the first of equally likely ones. */
  public String best() {
    return probabilities.entrySet().stream()
        .reduce((best, other) -> other.getValue() > best.getValue() ? other : best)
        .orElseThrow()
        .getKey();
  }

  /** How much likelier the best text is than the second best; 1 if there is only one. */
  public double margin() {
    List<Double> best =
        probabilities.values().stream().sorted(Comparator.reverseOrder()).limit(2).toList();
    return best.size() == 1 ? 1 : best.get(0) - best.get(1);
  }
}
