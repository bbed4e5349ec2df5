package dev.millrace.engine.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SplitPatternTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        // GPT-2
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
        // Llama 3
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        // o200k, as Llama 4 has it
        "[^\\r"
            + "\\n"
            + "\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r"
            + "\\n"
            + "\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+"
            + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}|"
            + " ?[^\\s\\p{L}\\p{N}]+[\\r"
            + "\\n"
            + "/]*|\\s*[\\r"
            + "\\n"
            + "]+|\\s+(?!\\S)|\\s+",
      })
  void no_word_of_the_usual_patterns_reaches_a_space(String regex) {
    assertThat(SplitPattern.cutsBeforeSpaces(regex)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\\p{L}+ ?|\\S|\\s+", // keeps the space that follows
        "[^\\r\\n]+|\\s+", // a line at a time
        "\\S+\\s*|\\s+",
        "\\p{L}+|\\s+", // leaves digits and signs together with what is around them
        "(?:a b)|\\S|\\s+", // a group with a space
        "(?<=a) b|\\S|\\s+", // looks back
        "[\\p{L}&&[^a]]+|\\S|\\s+", // a class that is read otherwise elsewhere
        ".",
        "(",
        "",
      })
  void what_may_reach_a_space_or_cannot_be_read_is_not_cut(String regex) {
    assertThat(SplitPattern.cutsBeforeSpaces(regex)).isFalse();
  }
}
