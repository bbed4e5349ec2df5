package dev.millrace.engine.constrain;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.engine.ResponseFormatException;
import java.util.Arrays;
import java.util.BitSet;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.TooComplexToDeterminizeException;
import org.apache.lucene.util.automaton.Transition;

/**
 * A language over the bytes of UTF-8 as a table: deterministic, and without states from which no
 * text of the language can be reached. Immutable.
 */
final class ByteAutomaton {
  static final int DEAD = -1;
  static final int START = 0;

  private static final int MOST_STATES = 100_000;
  private static final int DETERMINIZE_EFFORT = 5_000_000;

  private final int[] next; // [state][byte class]
  private final int[] classOfByte = new int[256];
  private final int classes;
  private final int size;
  private final BitSet accepting = new BitSet();
  private final BitSet usedClasses = new BitSet();

  private ByteAutomaton(Automaton deterministic) {
    size = deterministic.getNumStates();
    int[] starts = deterministic.getStartPoints();
    classes = starts.length;
    for (int value = 0; value < 256; value++) {
      int found = Arrays.binarySearch(starts, value);
      classOfByte[value] = found >= 0 ? found : -found - 2;
    }
    next = new int[size * classes];
    Arrays.fill(next, DEAD);
    Transition transition = new Transition();
    for (int state = 0; state < size; state++) {
      accepting.set(state, deterministic.isAccept(state));
      int count = deterministic.initTransition(state, transition);
      for (int i = 0; i < count; i++) {
        deterministic.getNextTransition(transition);
        int first = classOfByte[transition.min];
        int last = classOfByte[transition.max];
        Arrays.fill(next, state * classes + first, state * classes + last + 1, transition.dest);
        usedClasses.set(first, last + 1);
      }
    }
  }

  /**
   * The UTF-8 of a language over characters.
   *
   * @throws ResponseFormatException if it takes too large an automaton
   */
  static ByteAutomaton of(Automaton language) {
    try {
      Automaton characters =
          Operations.determinize(Operations.removeDeadStates(language), DETERMINIZE_EFFORT);
      return new ByteAutomaton(Utf8Automaton.of(characters, MOST_STATES));
    } catch (TooComplexToDeterminizeException | Utf8Automaton.TooLargeException e) {
      throw new ResponseFormatException(
          "the response format needs an automaton of more than %d states: lower maxLength, maxItems or repetition counts, or nest less"
              .formatted(MOST_STATES));
    }
  }

  int size() {
    return size;
  }

  /** The state after one more byte, or {@link #DEAD}. */
  int step(int state, byte value) {
    return next[state * classes + classOfByte[value & 0xFF]];
  }

  /** The state after more bytes, or {@link #DEAD}. */
  int step(int state, byte[] bytes) {
    int reached = state;
    for (int i = 0; i < bytes.length && reached != DEAD; i++) {
      reached = step(reached, bytes[i]);
    }
    return reached;
  }

  boolean accepts(int state) {
    return accepting.get(state);
  }

  boolean accepts(String text) {
    int reached = step(START, text.getBytes(UTF_8));
    return reached != DEAD && accepts(reached);
  }

  /** Whether some text goes on from here. */
  boolean goesOn(int state) {
    for (int i = 0; i < classes; i++) {
      if (next[state * classes + i] != DEAD) {
        return true;
      }
    }
    return false;
  }

  /** Groups of bytes that lead to the same state from every state. */
  int classes() {
    return classes;
  }

  int stepByClass(int state, int byteClass) {
    return next[state * classes + byteClass];
  }

  /** Whether the byte occurs in some text. */
  boolean uses(int value) {
    return usedClasses.get(classOfByte[value]);
  }

  long memory() {
    return 4L * next.length;
  }
}
