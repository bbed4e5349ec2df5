package dev.millrace.job.guard;

import static java.util.Objects.requireNonNull;

import dev.millrace.schema.GuardSide;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;

/**
 * One guard of a guard file.
 *
 * @param hash of all that it says, so that a change shows
 * @param rules in the order in which they are applied
 * @param model when to ask the model; empty: never
 */
public record GuardPolicy(
    String name, String hash, List<Rule> rules, Optional<ModelCheck> model, OnFailure onFailure) {
  public GuardPolicy {
    requireNonNull(name, "name");
    requireNonNull(hash, "hash");
    rules = List.copyOf(rules);
    requireNonNull(model, "model");
    requireNonNull(onFailure, "onFailure");
  }

  /** Name and hash, as results are stamped with them. */
  public String stamp() {
    return name + ":" + hash;
  }

  /** In words, on a line for each thing it looks for. */
  public String describe() {
    StringBuilder text = new StringBuilder("%s, hash %s".formatted(name, hash));
    for (Rule rule : rules) {
      text.append(
          "%n  %-16s %-7s %-6s %s"
              .formatted(rule.name(), word(rule.action()), word(rule.sides()), rule.category()));
    }
    model.ifPresent(
        check ->
            text.append(
                "%n  %-16s %-7s %-6s %s"
                    .formatted(
                        "model",
                        "block",
                        word(check.sides()),
                        String.join(", ", new TreeSet<>(check.block())))));
    return text.toString();
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  List<Rule> rules(GuardSide side) {
    return rules.stream().filter(rule -> rule.sides().include(side)).toList();
  }

  /** Whether anything is looked for on a side. */
  boolean covers(GuardSide side) {
    return asksModel(side) || rules.stream().anyMatch(rule -> rule.sides().include(side));
  }

  boolean asksModel(GuardSide side) {
    return model.filter(check -> check.sides().include(side)).isPresent();
  }
}
