package dev.millrace.engine.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PromptTemplateTest {
  @Test
  void variablesAreFilledIn() {
    assertThat(render("Label: {{ text | upper }}!", Map.of("text", "ab"))).isEqualTo("Label: AB!");
  }

  @Test
  void aListIsWalked() {
    assertThat(
            render(
                "{% for part in parts %}{{ loop.index }}. {{ part }}\n{% endfor %}",
                Map.of("parts", List.of("a", "b"))))
        .isEqualTo("1. a\n2. b\n");
  }

  @Test
  void aValueIsNeverATemplate() {
    assertThat(render("{{ text }}", Map.of("text", "{{ 1 + 1 }}"))).isEqualTo("{{ 1 + 1 }}");
  }

  @Test
  void aMissingVariableIsNamedWhereverItIsUsed() {
    for (String source :
        List.of(
            "{{ title }}",
            "{{ title | upper }}",
            "{{ 'a' ~ title }}",
            "{% if title %}x{% endif %}",
            "{% for x in title %}x{% endfor %}",
            "{% set t = title %}x")) {
      assertThatThrownBy(() -> render(source, Map.of("text", "a")))
          .as(source)
          .isInstanceOf(ChatTemplateException.class)
          .hasMessageContaining("needs 'title'")
          .hasMessageContaining("there is text");
    }
  }

  @Test
  void whatTheTemplateAsksAboutMayBeMissing() {
    assertThat(render("{% if title is defined %}{{ title }}: {% endif %}x", Map.of()))
        .isEqualTo("x");
    assertThat(render("{% if title is not defined %}none{% endif %}", Map.of())).isEqualTo("none");
    assertThat(render("{{ title | default('none') }}", Map.of())).isEqualTo("none");
    assertThat(render("{{ title | default('none') }}", Map.of("title", "a"))).isEqualTo("a");
  }

  @Test
  void whatTheTemplateSetsItselfIsThere() {
    assertThat(render("{% set n = 3 %}{{ n }}{{ range(2) | length }}", Map.of())).isEqualTo("32");
  }

  @Test
  void theVariablesItLooksUpAreKnown() {
    assertThat(PromptTemplate.compile("{{ a }} {% if b == 'x' %}{{ c }}{% endif %}").variables())
        .containsExactly("a", "b");
    assertThat(
            PromptTemplate.compile("{{ t | upper }}{% for p in parts %}{{ p }}{% endfor %}")
                .variables())
        .containsExactly("t", "parts");
  }

  @Test
  void aMalformedTemplateIsRefused() {
    assertThatThrownBy(() -> PromptTemplate.compile("{% if x %}never closed"))
        .isInstanceOf(ChatTemplateException.class);
    assertThatThrownBy(
            () -> PromptTemplate.compile("{{ x | no_such_filter }}").render(Map.of("x", 1)))
        .isInstanceOf(ChatTemplateException.class);
  }

  private static String render(String source, Map<String, ?> variables) {
    return PromptTemplate.compile(source).render(variables);
  }
}
