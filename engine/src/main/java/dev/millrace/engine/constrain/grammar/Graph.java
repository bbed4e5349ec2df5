package dev.millrace.engine.constrain.grammar;

import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;

/**
 * An automaton put together from states of its own and copies of other automata. An {@link #skip}
 * takes over the transitions that its target has by then, so targets are completed first.
 */
final class Graph {
  private final Automaton.Builder builder = new Automaton.Builder();

  private final int start = builder.createState();

  int start() {
    return start;
  }

  int state() {
    return builder.createState();
  }

  void accept(int state) {
    builder.setAccept(state, true);
  }

  void step(int from, int to, char character) {
    builder.addTransition(from, to, character);
  }

  /** Lets what can follow {@code to} follow {@code from}, too. */
  void skip(int from, int to) {
    builder.addEpsilon(from, to);
  }

  /**
   * Copies a language so that {@code to} follows its texts.
   *
   * @return the state in which its texts begin
   */
  int copy(Automaton language, int to) {
    int offset = builder.getNumStates();
    Languages.requireSize((long) offset + language.getNumStates());
    builder.copy(language);
    for (int state = 0; state < language.getNumStates(); state++) {
      if (language.isAccept(state)) {
        builder.setAccept(offset + state, false);
        builder.addEpsilon(offset + state, to);
      }
    }
    return offset;
  }

  /** A new state from which {@code next} follows, perhaps after a space. */
  int afterComma(int next) {
    int state = builder.createState();
    builder.addTransition(state, next, ' ');
    builder.addEpsilon(state, next);
    return state;
  }

  Automaton finish() {
    return Operations.removeDeadStates(builder.finish());
  }
}
