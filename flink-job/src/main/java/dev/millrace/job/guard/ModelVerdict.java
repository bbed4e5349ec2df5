package dev.millrace.job.guard;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What the model holds of a text.
 *
 * @param probability that it is unsafe
 * @param categories what was found if that reaches the threshold, else none
 */
record ModelVerdict(double probability, List<String> categories) {
  ModelVerdict {
    categories = List.copyOf(categories);
  }

  /** Of a text in pieces: it is as unsafe as its worst piece. */
  ModelVerdict and(ModelVerdict other) {
    Set<String> all = new LinkedHashSet<>(categories);
    all.addAll(other.categories);
    return new ModelVerdict(Math.max(probability, other.probability), List.copyOf(all));
  }
}
