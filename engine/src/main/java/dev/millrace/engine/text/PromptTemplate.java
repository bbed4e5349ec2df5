package dev.millrace.engine.text;

import static java.util.Objects.requireNonNull;

import java.time.Clock;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A Jinja template that somebody wrote for a task, in the same dialect as chat templates.
 *
 * <p>A variable it uses must be given, as with Jinja2's StrictUndefined: a prompt with a hole in it
 * must not reach a model. What the template itself asks about, with {@code x is defined} or {@code
 * x | default('')}, may be left out.
 *
 * <p>Safe for all threads.
 */
public final class PromptTemplate {
  private static final Pattern ASKED_ABOUT =
      Pattern.compile(
          "\\b(\\w+)\\s+is\\s+(?:not\\s+)?(?:un)?defined\\b|\\b(\\w+)\\s*\\|\\s*default\\b");

  private static final Pattern WALKED = Pattern.compile("\\bfor\\s[^%}]*?\\sin\\s+(\\w+)");

  private final JinjaTemplate template;
  private final Set<String> optional;
  private final Set<String> lists;

  private PromptTemplate(JinjaTemplate template, Set<String> optional, Set<String> lists) {
    this.template = template;
    this.optional = optional;
    this.lists = lists;
  }

  /**
   * @throws ChatTemplateException if the template is malformed
   */
  public static PromptTemplate compile(String source) {
    return new PromptTemplate(
        JinjaTemplate.compile(requireNonNull(source, "source"), Clock.systemUTC()),
        names(ASKED_ABOUT, source),
        names(WALKED, source));
  }

  /**
   * Fills the template in.
   *
   * @throws ChatTemplateException if a variable is missing, naming it, or anything else goes wrong
   */
  public String render(Map<String, ?> variables) {
    return template.render(Map.copyOf(variables), name -> missing(name, variables.keySet()));
  }

  /**
   * The variables that the template looks up when all of them are given, as far as one rendering
   * shows it: what lies in a branch that is not taken is not found.
   *
   * @throws ChatTemplateException if the template fails with any text, such as for a filter that
   *     does not exist
   */
  public Set<String> variables() {
    Set<String> seen = new LinkedHashSet<>();
    template.render(
        Map.of(),
        name -> {
          seen.add(name);
          return lists.contains(name) ? List.of(name) : name;
        });
    return seen;
  }

  private String missing(String name, Set<String> given) {
    if (optional.contains(name)) {
      return null;
    }
    throw new ChatTemplateException(
        "the template needs '%s', which is not given (there is %s)"
            .formatted(
                name, given.isEmpty() ? "nothing" : String.join(", ", new TreeSet<>(given))));
  }

  private static Set<String> names(Pattern pattern, String source) {
    return pattern
        .matcher(source)
        .results()
        .map(PromptTemplate::name)
        .collect(Collectors.toUnmodifiableSet());
  }

  private static String name(MatchResult match) {
    return match.group(1) != null ? match.group(1) : match.group(2);
  }
}
