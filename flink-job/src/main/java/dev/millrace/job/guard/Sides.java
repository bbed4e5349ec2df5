package dev.millrace.job.guard;

import dev.millrace.schema.GuardSide;

/** What a rule or the model looks at. */
public enum Sides {
  INPUT,
  OUTPUT,
  BOTH;

  boolean include(GuardSide side) {
    return switch (side) {
      case INPUT -> this != OUTPUT;
      case OUTPUT -> this != INPUT;
      case OTHER -> false;
    };
  }
}
