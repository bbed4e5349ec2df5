package dev.millrace.job.guard;

/** A place in a text, from {@code start} up to but not including {@code end}. */
record Span(int start, int end) {
  Span {
    if (start < 0 || end <= start) {
      throw new IllegalArgumentException("no text between " + start + " and " + end);
    }
  }
}
