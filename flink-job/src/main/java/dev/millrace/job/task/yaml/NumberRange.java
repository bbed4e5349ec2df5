package dev.millrace.job.task.yaml;

import static java.util.Objects.requireNonNull;

import java.util.function.DoublePredicate;

/** Numbers that are allowed, and how to say so. */
public record NumberRange(String words, DoublePredicate fits) {
  public NumberRange {
    requireNonNull(words, "words");
    requireNonNull(fits, "fits");
  }

  boolean contains(double value) {
    return Double.isFinite(value) && fits.test(value);
  }

  @Override
  public String toString() {
    return words;
  }
}
