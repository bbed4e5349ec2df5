package dev.millrace.engine.constrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.ResponseFormat;
import dev.millrace.engine.ResponseFormatException;
import dev.millrace.engine.constrain.grammar.Grammar;
import dev.millrace.engine.text.Vocabulary;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Formats with large bounds take seconds, or are refused within seconds. */
@Timeout(60)
class LargeBoundsTest {
  private static final Vocabulary VOCABULARY = Vocabulary.load(Path.of("../deploy/demo-model"));
  private static final TokenTrie TRIE = new TokenTrie(VOCABULARY, VOCABULARY.size());
  private static final int LONGEST_TOKEN = 128; // as Llama 3 has it

  @Test
  void a_string_of_ten_thousand_characters_has_few_masks() {
    ByteAutomaton automaton = compile("{\"type\":\"string\",\"maxLength\":10000}");
    int[] classes = MaskClasses.of(automaton, LONGEST_TOKEN, new BitSet());
    assertThat(automaton.size()).isGreaterThan(80_000);
    assertThat(IntStream.of(classes).distinct().count()).isLessThan(12 * LONGEST_TOKEN);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"string\",\"minLength\":9000,\"maxLength\":10000}",
        "{\"type\":\"array\",\"maxItems\":1000,\"items\":{\"type\":\"integer\"}}",
        "{\"type\":\"array\",\"maxItems\":100,\"items\":{\"type\":\"string\",\"maxLength\":100}}",
        "{\"type\":\"array\",\"minItems\":1000,\"maxItems\":2000,\"items\":{\"type\":\"boolean\"}}",
        "{\"type\":\"string\",\"pattern\":\"^[a-z]{1,5000}$\"}"
      })
  void a_large_format_is_compiled(String schema) {
    ByteAutomaton automaton = compile(schema);
    assertThat(MaskClasses.of(automaton, LONGEST_TOKEN, new BitSet())).hasSize(automaton.size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"string\",\"pattern\":\"[a-z]{1,2000}\",\"maxLength\":4000}",
        "{\"type\":\"string\",\"pattern\":\"^([a-z]+ ?){1,200}$\"}",
        "{\"type\":\"array\",\"maxItems\":200,\"items\":{\"type\":\"string\",\"maxLength\":200}}",
        "{\"properties\":{\"a\":{\"type\":\"string\",\"maxLength\":9000},\"b\":{\"type\":\"string\",\"maxLength\":9000}}}"
      })
  void a_format_that_is_too_large_is_refused(String schema) {
    assertThatThrownBy(() -> compile(schema))
        .isInstanceOf(ResponseFormatException.class)
        .hasMessageContainingAll("states", "lower");
  }

  @Test
  void states_of_a_class_allow_the_same_tokens() {
    ByteAutomaton automaton =
        compile("{\"items\":{\"type\":\"string\",\"maxLength\":30},\"maxItems\":3}");
    int[] classes = MaskClasses.of(automaton, TRIE.longest(), new BitSet());
    Map<Integer, BitSet> ofClass = new HashMap<>();
    for (int state = 0; state < automaton.size(); state++) {
      BitSet allowed = new BitSet();
      TRIE.walk(automaton, state, (token, reached) -> allowed.set(token));
      BitSet others = ofClass.putIfAbsent(classes[state], allowed);
      assertThat(others == null || others.equals(allowed)).isTrue();
    }
    assertThat(ofClass).hasSizeGreaterThan(20).hasSizeLessThan(automaton.size());
  }

  private static ByteAutomaton compile(String schema) {
    return ByteAutomaton.of(Grammar.of(new ResponseFormat.JsonSchema(schema)));
  }
}
