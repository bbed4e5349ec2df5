package dev.millrace.engine.constrain.grammar;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.ResponseFormat;
import dev.millrace.engine.ResponseFormatException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What cannot be guaranteed is refused by name and place. */
class RefusalsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"not":{"type":"null"}}                                           | "not" at the root
          {"if":{},"then":{}}                                               | "if" at the root
          {"properties":{"a":{"patternProperties":{}}}}                     | "patternProperties" at /properties/a
          {"properties":{"a/b":{"contains":{}}}}                            | "contains" at /properties/a~1b
          {"items":{"multipleOf":0.01}}                                     | "multipleOf" at /items
          {"type":"array","uniqueItems":true}                               | "uniqueItems" at the root
          {"items":[{}]}                                                    | "items" at the root is an array
          {"type":"strnig"}                                                 | "type" at the root is "strnig"
          {"type":"string","maxlength":3}                                   | "maxlength" at the root
          {"type":"string","maxLength":-1}                                  | "maxLength" at the root needs a whole number
          {"type":"string","format":"hostname"}                             | "format" at the root is "hostname"
          {"type":"string","pattern":"(?=a)b"}                              | lookaround
          {"$ref":"other.json"}                                             | only references within the schema
          {"$ref":"#/$defs/a"}                                              | where there is nothing
          {"oneOf":[{"type":"integer"},{"type":"number"}]}                  | alternatives 0 and 1 that might both hold
          {"oneOf":[{"type":"object"},{"type":"object"}]}                   | alternatives 0 and 1 that might both hold
          {"properties":{"a":{}},"allOf":[{"properties":{"b":{}}}]}         | "allOf" at the root describes an object
          {"type":"integer","minimum":3,"maximum":2}                        | no value satisfies the schema
          {"properties":{"a":{"$ref":"#"}},"required":["a"]}                | no value satisfies the schema
          {"enum":[]}                                                       | "enum" at the root needs an array
          {"properties":{"a":7}}                                            | /properties/a should be a schema
          {"type":"string","maxLength":10001}                               | "maxLength" at the root is 10001, more than the 10000 that
          {"items":{"minLength":20000}}                                     | "minLength" at /items is 20000
          {"maxItems":300,"items":{"type":"string","maxLength":100}}        | "maxItems" at the root makes 300 items
          {"type":"string","pattern":"[a-z]{1,2000}","maxLength":4000}      | two rules at once
          {"a":1,"a":2}                                                     | not valid JSON
          nonsense                                                          | not valid JSON
          """)
  void a_schema_is_refused_by_keyword(String schema, String message) {
    assertRefused(new ResponseFormat.JsonSchema(schema), message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(?=a)",
        "(?!a)",
        "(?<=a)b",
        "(?<!a)b",
        "(?i)a",
        "(a)\\1",
        "\\bword",
        "a++",
        "a**",
        "a{2}{3}",
        "x{",
        "a{3,2}",
        "a^b",
        "a$b",
        "(a",
        "a)",
        "[a",
        "[z-a]",
        "[[a]]",
        "[a&&b]",
        "*a",
        "\\h",
        "\\p{Nonsense}",
        "\\uD800",
        "\\u12",
        "a{99999}",
        "\\"
      })
  void a_pattern_is_refused_by_what_no_automaton_can_do(String pattern) {
    assertRefused(new ResponseFormat.Regex(pattern), "the pattern " + pattern);
  }

  @Test
  void a_choice_must_have_texts_that_differ() {
    assertThatThrownBy(() -> new ResponseFormat.Choice(List.of()))
        .isInstanceOf(ResponseFormatException.class);
    assertThatThrownBy(() -> new ResponseFormat.Choice(List.of("a", "")))
        .isInstanceOf(ResponseFormatException.class);
    assertThatThrownBy(() -> new ResponseFormat.Choice(List.of("a", "a")))
        .isInstanceOf(ResponseFormatException.class)
        .hasMessageContaining("twice");
  }

  private static void assertRefused(ResponseFormat format, String message) {
    assertThatThrownBy(() -> Grammar.check(format))
        .isInstanceOf(ResponseFormatException.class)
        .hasMessageContaining(message);
  }
}
