package dev.millrace.job.guard;

import static java.util.Objects.requireNonNull;

import java.util.Set;

/**
 * When a guard asks its model, and what it makes of the answer.
 *
 * @param threshold from which probability on a text counts as unsafe
 * @param block the categories that block; the others are only reported
 */
record ModelCheck(Sides sides, double threshold, Set<String> block) {
  ModelCheck {
    requireNonNull(sides, "sides");
    block = Set.copyOf(block);
  }
}
