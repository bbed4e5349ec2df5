package dev.millrace.job.guard;

import java.util.List;

/** Finds something in texts, in time that grows with the text's length alone. Immutable. */
@FunctionalInterface
interface Finder {
  /** The places in the text's order; they do not overlap. */
  List<Span> find(String text);
}
