package dev.millrace.engine.constrain;

import java.nio.IntBuffer;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Groups the states of an automaton from which exactly the same tokens can follow, so that they
 * share one mask.
 *
 * <p>Two states are alike up to n bytes if every byte leads to states that are alike up to n - 1
 * (Moore's refinement of partitions), and no token is longer than so many bytes. A string of up to
 * 1,000 characters has thousands of states, of which all but the last few are alike.
 */
final class MaskClasses {
  private MaskClasses() {}

  /**
   * The class of each state, from 0.
   *
   * @param longest bytes of the longest token
   * @param hopeless states in which no token may end
   */
  static int[] of(ByteAutomaton automaton, int longest, BitSet hopeless) {
    int[] classes = new int[automaton.size()];
    hopeless.stream().forEach(state -> classes[state] = 1);
    int count = hopeless.isEmpty() ? 1 : 2;
    for (int round = 0; round < longest; round++) {
      int refined = refine(automaton, classes, hopeless);
      if (refined == count) {
        break;
      }
      count = refined;
    }
    return classes;
  }

  /** One byte further. Returns how many classes there are then. */
  private static int refine(ByteAutomaton automaton, int[] classes, BitSet hopeless) {
    Map<IntBuffer, Integer> numbers = new HashMap<>();
    int[] refined = new int[classes.length];
    for (int state = 0; state < classes.length; state++) {
      int[] signature = new int[automaton.classes() + 1];
      for (int i = 0; i < automaton.classes(); i++) {
        int next = automaton.stepByClass(state, i);
        signature[i] = next == ByteAutomaton.DEAD ? -1 : classes[next];
      }
      signature[automaton.classes()] = hopeless.get(state) ? 1 : 0;
      refined[state] = number(numbers, IntBuffer.wrap(signature));
    }
    System.arraycopy(refined, 0, classes, 0, classes.length);
    return numbers.size();
  }

  private static int number(Map<IntBuffer, Integer> numbers, IntBuffer signature) {
    int fresh = numbers.size();
    Integer known = numbers.putIfAbsent(signature, fresh);
    return known == null ? fresh : known;
  }
}
