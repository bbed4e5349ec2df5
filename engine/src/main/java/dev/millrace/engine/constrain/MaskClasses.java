package dev.millrace.engine.constrain;

import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Groups the states of an automaton from which exactly the same tokens can follow, so that they
 * share one mask.
 *
 * <p>Two states are alike up to n bytes if every byte leads to states that are alike up to n - 1
 * (Moore's refinement of partitions), and no token is longer than so many bytes. A string of up to
 * 1,000 characters has thousands of states, of which all but the last few are alike. A round looks
 * only at the states before those that the last round has moved to another class: of a long string
 * that is one character.
 */
final class MaskClasses {
  private final ByteAutomaton automaton;
  private final int[] classes;
  private final List<Integer> sizes = new ArrayList<>();
  private final int[] firstSources;
  private final int[] sources;

  private MaskClasses(ByteAutomaton automaton, BitSet hopeless) {
    this.automaton = automaton;
    classes = new int[automaton.size()];
    sizes.add(automaton.size() - hopeless.cardinality());
    sizes.add(hopeless.cardinality());
    hopeless.stream().forEach(state -> classes[state] = 1);
    firstSources = firstSources();
    sources = sources();
  }

  /**
   * The class of each state.
   *
   * @param longest bytes of the longest token
   * @param hopeless states in which no token may end
   */
  static int[] of(ByteAutomaton automaton, int longest, BitSet hopeless) {
    MaskClasses refined = new MaskClasses(automaton, hopeless);
    BitSet affected = new BitSet();
    affected.set(0, automaton.size());
    for (int round = 0; round < longest && !affected.isEmpty(); round++) {
      affected = refined.refine(affected);
    }
    return refined.classes;
  }

  /**
   * One byte further.
   *
   * @param affected states with a next state that is in another class than before, so that none is
   *     like those of its class that are not affected
   * @return the states that are affected by that
   */
  private BitSet refine(BitSet affected) {
    Map<Integer, Map<IntBuffer, List<Integer>>> groups = new HashMap<>();
    affected.stream()
        .forEach(
            state ->
                groups
                    .computeIfAbsent(classes[state], of -> new HashMap<>())
                    .computeIfAbsent(signature(state), of -> new ArrayList<>())
                    .add(state));
    BitSet next = new BitSet();
    groups.forEach((from, alike) -> split(from, List.copyOf(alike.values()), next));
    return next;
  }

  /** Gives each group a class of its own; the largest keeps the old one if that would be empty. */
  private void split(int from, List<List<Integer>> groups, BitSet affected) {
    int moved = groups.stream().mapToInt(List::size).sum();
    List<Integer> kept = List.of();
    if (moved == sizes.get(from)) {
      kept = groups.stream().reduce((a, b) -> a.size() >= b.size() ? a : b).orElseThrow();
    }
    for (List<Integer> group : groups) {
      if (group != kept) {
        sizes.set(from, sizes.get(from) - group.size());
        for (int state : group) {
          classes[state] = sizes.size();
          for (int i = firstSources[state]; i < firstSources[state + 1]; i++) {
            affected.set(sources[i]);
          }
        }
        sizes.add(group.size());
      }
    }
  }

  private IntBuffer signature(int state) {
    int[] signature = new int[automaton.classes()];
    for (int i = 0; i < signature.length; i++) {
      int next = automaton.stepByClass(state, i);
      signature[i] = next == ByteAutomaton.DEAD ? -1 : classes[next];
    }
    return IntBuffer.wrap(signature);
  }

  /** Where in {@link #sources} those of each state begin; one more than states. */
  private int[] firstSources() {
    int[] first = new int[automaton.size() + 1];
    for (int state = 0; state < automaton.size(); state++) {
      for (int i = 0; i < automaton.classes(); i++) {
        int next = automaton.stepByClass(state, i);
        if (next != ByteAutomaton.DEAD) {
          first[next + 1]++;
        }
      }
    }
    for (int state = 0; state < automaton.size(); state++) {
      first[state + 1] += first[state];
    }
    return first;
  }

  /** The states that lead to each state, as often as they do. */
  private int[] sources() {
    int[] place = firstSources.clone();
    int[] found = new int[firstSources[automaton.size()]];
    for (int state = 0; state < automaton.size(); state++) {
      for (int i = 0; i < automaton.classes(); i++) {
        int next = automaton.stepByClass(state, i);
        if (next != ByteAutomaton.DEAD) {
          found[place[next]++] = state;
        }
      }
    }
    return found;
  }
}
