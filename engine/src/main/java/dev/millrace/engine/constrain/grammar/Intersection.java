package dev.millrace.engine.constrain.grammar;

import dev.millrace.engine.ResponseFormatException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Transition;

/**
 * What two languages have in common. The same as Lucene's operation, but it gives up where the two
 * would take minutes and gigabytes: a pattern that can begin anywhere, and a maximal length.
 */
final class Intersection {
  private final Transition[][] a;
  private final Transition[][] b;
  private final int mostPairs;
  private final Automaton.Builder both = new Automaton.Builder();
  private final Map<Pair, Integer> states = new HashMap<>();
  private final Deque<Pair> open = new ArrayDeque<>();

  /** A state of each. */
  private record Pair(int a, int b) {}

  private Intersection(Automaton a, Automaton b, int mostPairs) {
    this.a = a.getSortedTransitions();
    this.b = b.getSortedTransitions();
    this.mostPairs = mostPairs;
  }

  /**
   * @param mostPairs of states that are looked at
   * @throws ResponseFormatException if that is not enough
   */
  static Automaton of(Automaton a, Automaton b, int mostPairs) {
    if (a.getNumStates() == 0 || b.getNumStates() == 0) {
      return Languages.empty();
    }
    Intersection made = new Intersection(a, b, mostPairs);
    made.state(new Pair(0, 0));
    while (!made.open.isEmpty()) {
      Pair pair = made.open.remove();
      made.both.setAccept(made.states.get(pair), a.isAccept(pair.a()) && b.isAccept(pair.b()));
      made.connect(pair);
    }
    return made.both.finish();
  }

  private void connect(Pair pair) {
    int from = states.get(pair);
    for (Transition x : a[pair.a()]) {
      for (Transition y : b[pair.b()]) {
        if (y.min > x.max) {
          break; // sorted by where they begin
        }
        if (x.min <= y.max) {
          int first = Math.max(x.min, y.min);
          int last = Math.min(x.max, y.max);
          both.addTransition(from, state(new Pair(x.dest, y.dest)), first, last);
        }
      }
    }
  }

  private int state(Pair pair) {
    Integer known = states.get(pair);
    if (known != null) {
      return known;
    }
    if (states.size() == mostPairs) {
      throw new ResponseFormatException(
          "the response format needs more than %d states to hold to two rules at once, such as a pattern and a maxLength: say both in one pattern, or lower the bounds"
              .formatted(mostPairs));
    }
    int state = both.createState();
    states.put(pair, state);
    open.add(pair);
    return state;
  }
}
