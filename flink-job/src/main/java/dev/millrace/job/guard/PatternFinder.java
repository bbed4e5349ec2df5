package dev.millrace.job.guard;

import static java.util.Objects.requireNonNull;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Finds what matches a pattern in RE2's syntax. RE2 never tries a text again from another place, so
 * no text can keep it busy for long, whatever the pattern.
 */
final class PatternFinder implements Finder {
  private final Pattern pattern;
  private final Function<String, Integer> length;

  private PatternFinder(Pattern pattern, Function<String, Integer> length) {
    this.pattern = requireNonNull(pattern, "pattern");
    this.length = requireNonNull(length, "length");
  }

  /**
   * @throws com.google.re2j.PatternSyntaxException if RE2 does not know the pattern
   */
  static PatternFinder of(String pattern) {
    return new PatternFinder(Pattern.compile(pattern), String::length);
  }

  /**
   * @param length how much of a match from its start is what is looked for; 0: none of it
   */
  static PatternFinder of(String pattern, Function<String, Integer> length) {
    return new PatternFinder(Pattern.compile(pattern), length);
  }

  /** Whether even nothing matches, which is to be found everywhere. */
  boolean matchesNothing() {
    return pattern.matcher("").find();
  }

  @Override
  public List<Span> find(String text) {
    List<Span> found = new ArrayList<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      int taken = length.apply(matcher.group());
      if (taken > 0) {
        found.add(new Span(matcher.start(), matcher.start() + taken));
      }
    }
    return found;
  }
}
