package dev.millrace.job.guard;

import static java.util.Objects.requireNonNull;

import com.google.re2j.PatternSyntaxException;
import dev.millrace.job.task.yaml.NumberRange;
import dev.millrace.job.task.yaml.YamlObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads a guard's rules. Mistakes are noted, and something harmless stands in. */
final class RulesReader {
  static final NumberRange PROBABILITY =
      new NumberRange("greater than 0 and at most 1", x -> x > 0 && x <= 1);

  private static final Finder NOTHING = text -> List.of();

  private final YamlObject guard;
  private final Set<String> names = new HashSet<>();

  RulesReader(YamlObject guard) {
    this.guard = requireNonNull(guard, "guard");
  }

  List<Rule> read() {
    List<Rule> rules = new ArrayList<>();
    guard.objects("rules").forEach(yaml -> rules.add(read(yaml)));
    return rules;
  }

  static Sides sides(YamlObject yaml) {
    return yaml.choice(
            "where", Map.of("input", Sides.INPUT, "output", Sides.OUTPUT, "both", Sides.BOTH))
        .orElse(Sides.BOTH);
  }

  private Rule read(YamlObject yaml) {
    String name = yaml.requiredText("name", "what verdicts call the rule");
    if (!names.add(name)) {
      yaml.mistake("name", "a rule of this name is there already: choose another name");
    }
    Optional<Shape> shape = yaml.choice("shape", Shape.byWord());
    Optional<String> pattern = yaml.text("pattern");
    if (yaml.has("shape") == yaml.has("pattern")) {
      yaml.mistake(
          "needs a shape (%s) or a pattern, one of them"
              .formatted(String.join(", ", Shape.byWord().keySet())));
    }
    Finder finder =
        pattern.map(text -> finder(yaml, text)).or(() -> shape.map(s -> s)).orElse(NOTHING);
    String category = yaml.text("category").orElse(shape.map(Shape::word).orElse(name));
    Sides sides = sides(yaml);
    RuleAction action = action(yaml);
    if (yaml.has("mask") && action != RuleAction.REDACT) {
      yaml.mistake("mask", "is for rules that redact: remove it, or set action: redact");
    }
    Rule rule =
        new Rule(
            name, category, finder, sides, action, yaml.text("mask").orElse("[" + category + "]"));
    yaml.end();
    return rule;
  }

  private static RuleAction action(YamlObject yaml) {
    if (!yaml.has("action")) {
      yaml.mistake("needs action: block, redact or flag");
    }
    return yaml.choice(
            "action",
            Map.of("block", RuleAction.BLOCK, "redact", RuleAction.REDACT, "flag", RuleAction.FLAG))
        .orElse(RuleAction.FLAG);
  }

  private static Finder finder(YamlObject yaml, String pattern) {
    try {
      PatternFinder finder = PatternFinder.of(pattern);
      if (finder.matchesNothing()) {
        yaml.mistake("pattern", "matches an empty text, and so everywhere: let it match something");
      }
      return finder;
    } catch (PatternSyntaxException e) {
      yaml.mistake(
          "pattern",
          "is no pattern of RE2, which has neither look-around nor back-references: "
              + e.getMessage());
      return NOTHING;
    }
  }
}
