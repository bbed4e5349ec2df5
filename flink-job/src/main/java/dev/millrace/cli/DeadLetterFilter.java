package dev.millrace.cli;

import static java.util.Objects.requireNonNull;

import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.Stage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Chooses dead letters.
 *
 * @param codes empty: any
 * @param stages empty: any
 * @param since of the prompt's timestamp, inclusive
 * @param until of the prompt's timestamp, exclusive
 */
record DeadLetterFilter(
    Set<ErrorCode> codes, Set<Stage> stages, Optional<Instant> since, Optional<Instant> until) {
  DeadLetterFilter {
    codes = Set.copyOf(codes);
    stages = Set.copyOf(stages);
    requireNonNull(since, "since");
    requireNonNull(until, "until");
  }

  boolean takes(DeadLetter letter, Instant timestamp) {
    return (codes.isEmpty()
            || codes.stream().anyMatch(code -> code.name().equals(letter.getCode())))
        && (stages.isEmpty() || stages.contains(letter.getStage()))
        && since.filter(timestamp::isBefore).isEmpty()
        && until.filter(end -> !timestamp.isBefore(end)).isEmpty();
  }

  /** The same words for the same choice, for example {@code .TEMPLATE_ERROR.since-...}. */
  @Override
  public String toString() {
    List<String> words = new ArrayList<>();
    new TreeSet<>(codes).forEach(code -> words.add(code.name()));
    new TreeSet<>(stages).forEach(stage -> words.add(stage.name()));
    since.ifPresent(start -> words.add("since-" + start));
    until.ifPresent(end -> words.add("until-" + end));
    return words.isEmpty() ? "" : "." + String.join(".", words);
  }
}
