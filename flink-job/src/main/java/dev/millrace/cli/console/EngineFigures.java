package dev.millrace.cli.console;

import static java.util.Objects.requireNonNull;

import java.util.Map;

/**
 * What Flink's metrics say of a job.
 *
 * @param job its name
 * @param state Flink's word for how it is
 * @param subtasks how many generate
 * @param values by the names of docs/operations.md, summed over task managers; a name that is
 *     missing is not known
 */
record EngineFigures(String job, String state, int subtasks, Map<String, Double> values) {
  EngineFigures {
    requireNonNull(job, "job");
    requireNonNull(state, "state");
    values = Map.copyOf(values);
  }

  /** The value, or null for JSON where it is not known. */
  Double orNull(String name) {
    return values.get(name);
  }
}
