package dev.millrace.engine.constrain.grammar;

import dev.millrace.engine.ResponseFormatException;
import java.util.Arrays;
import java.util.List;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.MinimizationOperations;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.TooComplexToDeterminizeException;

/**
 * Regular languages over Unicode characters: thin names for Lucene's operations, which are Møller's
 * dk.brics.automaton with code points, and the limit on their size.
 */
final class Languages {
  /** What one format may take; ten times what a large schema of records needs. */
  static final int MOST_STATES = 50_000;

  /** What an intersection may look at on the way, most of which may lead nowhere. */
  private static final int MOST_PAIRS = 4 * MOST_STATES;

  static final int UNBOUNDED = -1;

  private static final int DETERMINIZE_EFFORT = 5_000_000;

  private Languages() {}

  static Automaton empty() {
    return Automata.makeEmpty();
  }

  static Automaton text(String literal) {
    return Automata.makeString(literal);
  }

  static Automaton concat(Automaton... parts) {
    return concat(Arrays.asList(parts));
  }

  static Automaton concat(List<Automaton> parts) {
    if (parts.stream().anyMatch(Operations::isEmpty)) {
      return empty();
    }
    return limited(Operations.concatenate(parts));
  }

  static Automaton union(Automaton... parts) {
    return union(Arrays.asList(parts));
  }

  static Automaton union(List<Automaton> parts) {
    List<Automaton> real = parts.stream().filter(part -> !Operations.isEmpty(part)).toList();
    return switch (real.size()) {
      case 0 -> empty();
      case 1 -> real.get(0);
      default -> limited(Operations.union(real));
    };
  }

  static Automaton intersection(Automaton a, Automaton b) {
    return limited(Operations.removeDeadStates(Intersection.of(a, b, MOST_PAIRS)));
  }

  static Automaton minus(Automaton a, Automaton b) {
    return limited(deterministic(Operations.minus(a, deterministic(b), DETERMINIZE_EFFORT)));
  }

  static Automaton optional(Automaton language) {
    return union(Automata.makeEmptyString(), language);
  }

  /** From {@code min} to {@code max} times, or any number of times if max is UNBOUNDED. */
  static Automaton repeat(Automaton language, int min, int max) {
    requireSize((long) Math.max(min, Math.max(max, 1)) * language.getNumStates());
    if (Operations.isEmpty(language)) {
      return min == 0 ? Automata.makeEmptyString() : empty();
    }
    return max == UNBOUNDED
        ? Operations.repeat(language, min)
        : Operations.repeat(language, min, max);
  }

  static Automaton deterministic(Automaton language) {
    try {
      return Operations.determinize(Operations.removeDeadStates(language), DETERMINIZE_EFFORT);
    } catch (TooComplexToDeterminizeException e) {
      throw new ResponseFormatException(
          "the response format is too complex for an automaton: use simpler patterns, fewer optional repetitions or lower bounds");
    }
  }

  /** The same language by the smallest automaton; for languages that are copied often. */
  static Automaton smallest(Automaton language) {
    return MinimizationOperations.minimize(deterministic(language), DETERMINIZE_EFFORT);
  }

  /** The texts that go on in any way from a text of the language. */
  static Automaton startingWith(Automaton beginnings) {
    return concat(beginnings, Automata.makeAnyString());
  }

  /** Whether some text of the language begins with this character. */
  static boolean beginsWith(Automaton language, char first) {
    Automaton texts = startingWith(text(String.valueOf(first)));
    return !Operations.isEmpty(Operations.intersection(language, texts));
  }

  static Automaton limited(Automaton language) {
    requireSize(language.getNumStates());
    return language;
  }

  /**
   * @throws ResponseFormatException if an automaton of so many states is too large
   */
  static void requireSize(long states) {
    if (states > MOST_STATES) {
      throw new ResponseFormatException(
          "the response format needs an automaton of %d states, more than %d: lower maxLength, maxItems or repetition counts, or nest less"
              .formatted(states, MOST_STATES));
    }
  }
}
