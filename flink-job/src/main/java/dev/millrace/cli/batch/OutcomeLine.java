package dev.millrace.cli.batch;

import static java.util.Objects.requireNonNull;

/**
 * A line of an outcome file: kind, key, the moment it was written in epoch milliseconds, and the
 * record as {@link dev.millrace.schema.NaturalJson}, separated by tabs.
 */
record OutcomeLine(OutcomeKind kind, RowKey key, long at, String json) {
  private static final int PARTS = 4;

  OutcomeLine {
    requireNonNull(kind, "kind");
    requireNonNull(key, "key");
    requireNonNull(json, "json");
  }

  /**
   * @throws IllegalArgumentException if it is no such line
   */
  static OutcomeLine parse(String line) {
    String[] parts = line.split("\t", PARTS);
    if (parts.length < PARTS || parts[0].length() != 1) {
      throw new IllegalArgumentException("no line of an outcome file: " + line);
    }
    return new OutcomeLine(
        OutcomeKind.ofLetter(parts[0].charAt(0)),
        RowKey.parse(parts[1]),
        Long.parseLong(parts[2]),
        parts[3]);
  }

  String line() {
    return kind.letter() + "\t" + key + "\t" + at + "\t" + json;
  }
}
