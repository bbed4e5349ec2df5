package dev.millrace.engine.constrain;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Transition;

/**
 * Spells a deterministic automaton over characters in the bytes of UTF-8: deterministic again, with
 * as few states between the bytes of a character as there can be. Two that lead to the same places
 * by the same bytes are one, so a character of a string takes 8 states rather than 20.
 */
final class Utf8Automaton {
  private static final int MOST_BYTES = 4;
  private static final int[] LAST_OF_LENGTH = {0x7F, 0x7FF, 0xFFFF, Character.MAX_CODE_POINT};
  private static final int CONTINUATION_BITS = 6;
  private static final int CONTINUATION = 0x80;

  /** The characters of a range, of which each byte can be any between the first's and last's. */
  private record Spelling(int first, int last, int end) {
    int least(int place) {
      return byteAt(first, place);
    }

    int most(int place) {
      return byteAt(last, place);
    }

    boolean endsWith(int place) {
      return place == lengthOf(first) - 1;
    }
  }

  /** A range of bytes and where it leads. */
  private record Branch(int least, int most, int end) {}

  private final Automaton.Builder bytes = new Automaton.Builder();
  private final Map<List<Branch>, Integer> inner = new HashMap<>();
  private final int mostStates;

  private Utf8Automaton(int mostStates) {
    this.mostStates = mostStates;
  }

  /**
   * @throws TooLargeException if it takes more states
   */
  static Automaton of(Automaton characters, int mostStates) {
    return new Utf8Automaton(mostStates).spell(characters);
  }

  /** There would be more states than allowed. */
  static final class TooLargeException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private Automaton spell(Automaton characters) {
    for (int state = 0; state < characters.getNumStates(); state++) {
      bytes.setAccept(state(), characters.isAccept(state));
    }
    Transition transition = new Transition();
    for (int state = 0; state < characters.getNumStates(); state++) {
      List<Spelling> spellings = new ArrayList<>();
      int count = characters.initTransition(state, transition);
      for (int i = 0; i < count; i++) {
        characters.getNextTransition(transition);
        addSpellings(spellings, transition.min, transition.max, transition.dest);
      }
      connect(state, branches(spellings, 0));
    }
    return bytes.finish();
  }

  private int state() {
    if (bytes.getNumStates() == mostStates) {
      throw new TooLargeException();
    }
    return bytes.createState();
  }

  private void connect(int state, List<Branch> branches) {
    branches.forEach(
        branch -> bytes.addTransition(state, branch.end(), branch.least(), branch.most()));
  }

  /** Cuts a range of characters into ranges of which each byte can be any within its bounds. */
  private static void addSpellings(List<Spelling> spellings, int first, int last, int end) {
    int from = first;
    while (from <= last) {
      int to = Math.min(last, lastWithSameLength(from));
      for (int i = 1; i < MOST_BYTES; i++) {
        int low = (1 << (CONTINUATION_BITS * i)) - 1;
        if ((from & ~low) != (to & ~low)) {
          if ((from & low) != 0) {
            to = from | low;
          } else if ((to & low) != low) {
            to = (to & ~low) - 1;
          }
        }
      }
      spellings.add(new Spelling(from, to, end));
      from = to + 1;
    }
  }

  private static int lastWithSameLength(int character) {
    return LAST_OF_LENGTH[lengthOf(character) - 1];
  }

  private static int lengthOf(int character) {
    int length = 1;
    while (character > LAST_OF_LENGTH[length - 1]) {
      length++;
    }
    return length;
  }

  private static int byteAt(int character, int place) {
    int length = lengthOf(character);
    int bits = character >> (CONTINUATION_BITS * (length - 1 - place));
    if (place > 0) {
      return CONTINUATION | (bits & 0x3F);
    }
    return length == 1 ? bits : ((0xF00 >> length) & 0xFF) | bits;
  }

  /** Where each value of the byte at a place leads, for spellings that agree before it. */
  private List<Branch> branches(List<Spelling> spellings, int place) {
    TreeSet<Integer> starts = new TreeSet<>();
    for (Spelling spelling : spellings) {
      starts.add(spelling.least(place));
      starts.add(spelling.most(place) + 1);
    }
    List<Branch> branches = new ArrayList<>();
    for (int least : starts) {
      List<Spelling> through =
          spellings.stream()
              .filter(each -> each.least(place) <= least && least <= each.most(place))
              .toList();
      if (!through.isEmpty()) {
        addBranch(branches, least, starts.higher(least) - 1, after(through, place));
      }
    }
    return branches;
  }

  private static void addBranch(List<Branch> branches, int least, int most, int end) {
    int last = branches.size() - 1;
    if (last >= 0 && branches.get(last).most() == least - 1 && branches.get(last).end() == end) {
      branches.set(last, new Branch(branches.get(last).least(), most, end));
    } else {
      branches.add(new Branch(least, most, end));
    }
  }

  /** The state after the byte at a place: no text is another's beginning in UTF-8. */
  private int after(List<Spelling> through, int place) {
    Spelling any = through.get(0);
    if (any.endsWith(place)) {
      return any.end();
    }
    List<Branch> branches = branches(through, place + 1);
    Integer known = inner.get(branches);
    if (known == null) {
      known = state();
      connect(known, branches);
      inner.put(branches, known);
    }
    return known;
  }
}
