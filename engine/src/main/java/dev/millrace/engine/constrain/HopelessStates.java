package dev.millrace.engine.constrain;

import dev.millrace.engine.ResponseFormatException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/**
 * Finds the states from which the vocabulary cannot reach the end of any text, although bytes
 * could. There are none if every byte is a token, as in byte-level vocabularies.
 */
final class HopelessStates {
  /** What finding them may cost: a few seconds. */
  private static final long MOST_STEPS = 500_000_000;

  private HopelessStates() {}

  /**
   * @param ends tokens that are no text, whatever their bytes
   * @throws ResponseFormatException if the vocabulary cannot write any text of the language
   */
  static BitSet of(ByteAutomaton automaton, TokenTrie vocabulary, Set<Integer> ends) {
    if (everyByteIsAToken(automaton, vocabulary.singleBytes(ends))) {
      return new BitSet();
    }
    if ((long) automaton.size() * vocabulary.nodes() > MOST_STEPS) {
      throw new ResponseFormatException(
          "the vocabulary lacks tokens for single bytes, and the response format is too large to do without: lower maxLength or maxItems");
    }
    BitSet hopeless = new BitSet();
    hopeless.set(0, automaton.size());
    hopeless.andNot(hopeful(automaton, vocabulary, ends));
    if (hopeless.get(ByteAutomaton.START)) {
      throw new ResponseFormatException(
          "the model's vocabulary has no tokens for any answer in the response format");
    }
    return hopeless;
  }

  private static boolean everyByteIsAToken(ByteAutomaton automaton, BitSet tokens) {
    for (int value = 0; value < 256; value++) {
      if (automaton.uses(value) && !tokens.get(value)) {
        return false;
      }
    }
    return true;
  }

  /** The states that lead to an accepting one by whole tokens. */
  private static BitSet hopeful(ByteAutomaton automaton, TokenTrie vocabulary, Set<Integer> ends) {
    List<BitSet> sources = new ArrayList<>();
    for (int state = 0; state < automaton.size(); state++) {
      sources.add(new BitSet());
    }
    BitSet hopeful = new BitSet();
    Deque<Integer> reached = new ArrayDeque<>();
    for (int state = 0; state < automaton.size(); state++) {
      int source = state;
      vocabulary.walk(
          automaton,
          state,
          (token, target) -> {
            if (!ends.contains(token)) {
              sources.get(target).set(source);
            }
          });
      if (automaton.accepts(state)) {
        hopeful.set(state);
        reached.add(state);
      }
    }
    while (!reached.isEmpty()) {
      sources.get(reached.remove()).stream()
          .filter(source -> !hopeful.get(source))
          .forEach(
              source -> {
                hopeful.set(source);
                reached.add(source);
              });
    }
    return hopeful;
  }
}
