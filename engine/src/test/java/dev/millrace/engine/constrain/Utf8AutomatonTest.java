package dev.millrace.engine.constrain;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.junit.jupiter.api.Test;

class Utf8AutomatonTest {
  private static final int EFFORT = 100_000;

  @Test
  void every_character_is_spelt_as_java_spells_it() {
    Random random = new Random(0);
    for (int i = 0; i < 20; i++) {
      int first = random.nextInt(i % 2 == 0 ? 0x900 : Character.MAX_CODE_POINT);
      int last = first + random.nextInt(Character.MAX_CODE_POINT - first + 1);
      ByteAutomaton automaton = ByteAutomaton.of(Automata.makeCharRange(first, last));
      for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
        boolean surrogate = c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
        if (!surrogate && accepts(automaton, c) != (first <= c && c <= last)) {
          throw new AssertionError("%x of %x to %x".formatted(c, first, last));
        }
      }
    }
  }

  @Test
  void characters_that_lead_elsewhere_are_told_apart_by_their_last_byte() {
    Automaton two =
        Operations.determinize(
            Operations.union(Automata.makeString("ä1"), Automata.makeString("å2")), EFFORT);
    ByteAutomaton automaton = ByteAutomaton.of(two);
    assertThat(automaton.accepts("ä1")).isTrue();
    assertThat(automaton.accepts("å2")).isTrue();
    assertThat(automaton.accepts("ä2")).isFalse();
  }

  @Test
  void any_character_takes_seven_states_between_its_bytes() {
    Automaton any = Automata.makeAnyChar();
    assertThat(Utf8Automaton.of(any, 100).getNumStates()).isLessThanOrEqualTo(2 + 7);
    assertThatThrownBy(() -> Utf8Automaton.of(any, 3))
        .isInstanceOf(Utf8Automaton.TooLargeException.class);
  }

  private static boolean accepts(ByteAutomaton automaton, int character) {
    int state = automaton.step(ByteAutomaton.START, Character.toString(character).getBytes(UTF_8));
    return state != ByteAutomaton.DEAD && automaton.accepts(state);
  }
}
