package dev.millrace.job.task;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonPointer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A record of the author's own form for each answer.
 *
 * @param topic where the records go
 * @param fields where each of a record's fields is in the completion as JSON, which for this has
 *     {@link #ANSWER} and {@link #INPUT} besides
 */
public record OutputMapping(String topic, Map<String, JsonPointer> fields) {
  /** The answer, if it is JSON by its form. */
  public static final String ANSWER = "answer";

  /** The request's input, by its names. */
  public static final String INPUT = "input";

  /** Says in a record that its answer was cut at its most tokens. */
  public static final String CUT = "cut";

  public OutputMapping {
    requireNonNull(topic, "topic");
    fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
  }

  /** Whether any field comes from the answer as JSON. */
  public boolean readsAnswer() {
    return fields.values().stream().anyMatch(place -> place.matchesProperty(ANSWER));
  }

  /** Whether any field comes from the request's input. */
  public boolean readsInput() {
    return fields.values().stream().anyMatch(place -> place.matchesProperty(INPUT));
  }
}
