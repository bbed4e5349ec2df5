package dev.millrace.job.guard;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * Something to look for.
 *
 * @param name for verdicts
 * @param category what it is called towards others
 * @param mask what stands in for what a rule that redacts has found
 */
record Rule(
    String name, String category, Finder finder, Sides sides, RuleAction action, String mask) {
  Rule {
    requireNonNull(name, "name");
    requireNonNull(category, "category");
    requireNonNull(finder, "finder");
    requireNonNull(sides, "sides");
    requireNonNull(action, "action");
    requireNonNull(mask, "mask");
  }

  String masked(String text, List<Span> found) {
    StringBuilder masked = new StringBuilder(text.length());
    int from = 0;
    for (Span span : found) {
      masked.append(text, from, span.start()).append(mask);
      from = span.end();
    }
    return masked.append(text, from, text.length()).toString();
  }
}
