package dev.millrace.job.guard;

import static java.util.Objects.requireNonNull;

import dev.millrace.schema.GuardAction;
import dev.millrace.schema.GuardSide;
import dev.millrace.schema.GuardVerdict;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a guard's rules make of the texts of one side. Not thread-safe. */
final class Screening {
  private final GuardPolicy policy;
  private final GuardSide side;
  private final Map<Rule, Integer> found = new LinkedHashMap<>();

  Screening(GuardPolicy policy, GuardSide side) {
    this.policy = requireNonNull(policy, "policy");
    this.side = requireNonNull(side, "side");
  }

  /**
   * The text as it may go on, one rule after the other.
   *
   * @throws GuardException if it may not
   */
  String screen(String text) {
    String screened = text;
    for (Rule rule : policy.rules(side)) {
      List<Span> places = rule.finder().find(screened);
      if (places.isEmpty()) {
        continue;
      }
      if (rule.action() == RuleAction.BLOCK) {
        throw GuardException.blocked(policy, side, "rule '" + rule.name() + "'", rule.category());
      }
      found.merge(rule, places.size(), Integer::sum);
      if (rule.action() == RuleAction.REDACT) {
        screened = rule.masked(screened, places);
      }
    }
    return screened;
  }

  /** What was found and let go on. */
  List<GuardVerdict> verdicts() {
    return found.entrySet().stream()
        .map(
            entry ->
                new GuardVerdict(
                    side,
                    entry.getKey().name(),
                    entry.getKey().category(),
                    entry.getKey().action() == RuleAction.REDACT
                        ? GuardAction.REDACT
                        : GuardAction.FLAG,
                    entry.getValue(),
                    null))
        .toList();
  }
}
