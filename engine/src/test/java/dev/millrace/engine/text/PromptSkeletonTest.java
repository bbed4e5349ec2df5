package dev.millrace.engine.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.text.JinjaTemplate.Trace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PromptSkeletonTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-03-04T05:06:07Z"), ZoneOffset.UTC);

  private static final List<List<String>> CONVERSATIONS =
      List.of(
          List.of("user"),
          List.of("system", "user"),
          List.of("system", "user", "assistant", "user"),
          List.of("user", "assistant", "user", "assistant", "user"),
          List.of("user", "tool", "ipython"));

  /** What templates trim, look for, cut at, count or put into quotes. */
  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          "\n\t \u00A0\u2003",
          "Hi",
          "  two  spaces  ",
          "\nline\n\nline\n",
          "\u001F\uF600\u001F \uF601",
          "<think>no</think>yes",
          "it's \"quoted\" \\ {{ messages }} {% if %}",
          "[INST] <<SYS>> [/INST]",
          "\uD83D\uDE00 \u00E9\u00DF\u4E16\u754C",
          "false",
          "0");

  static Stream<Path> published() throws IOException {
    Path folder = Checkpoints.resource("chat-templates/llama-3.jinja").getParent();
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".jinja")).sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("published")
  void aFilledSkeletonIsWhatTheTemplateRenders(Path file) throws IOException {
    JinjaTemplate template = JinjaTemplate.compile(Files.readString(file), CLOCK);
    Random random = new Random(7);
    for (List<String> roles : CONVERSATIONS) {
      Optional<PromptSkeleton> skeleton = skeleton(template, roles);
      for (int i = 0; i < 40 && skeleton.isPresent(); i++) {
        List<String> texts =
            roles.stream().map(role -> TEXTS.get(random.nextInt(TEXTS.size()))).toList();
        assertThat(skeleton.get().fill(texts))
            .as("%s %s", roles, texts)
            .isEqualTo(template.render(variables(roles, texts)));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "chatml",
        "llama-3",
        "llama-3.1",
        "llama-3.2",
        "llama-3.3",
        "mistral-v0.1",
        "qwen-2.5",
        "zephyr"
      })
  void whatIsAskedMostIsNotInterpretedAgain(String name) throws IOException {
    Path file = Checkpoints.resource("chat-templates/" + name + ".jinja");
    JinjaTemplate template = JinjaTemplate.compile(Files.readString(file), CLOCK);
    assertThat(skeleton(template, List.of("user"))).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ messages[0].content[0] }}",
        "{{ messages[0].content | upper }}",
        "{{ messages[0].content | trim | length }}",
        "{{ messages[0].content | trim('x') }}",
        "{{ messages[0].content.strip('x') }}",
        "{{ messages[0].content.split('a')[0] }}",
        "{{ messages[0]['content'] | tojson }}",
        "{{ messages[0]['con' + 'tent'] | length }}",
        "{{ messages[0].get('content') | length }}",
        "{{ messages[-1].content | first }}",
        "{{ messages[0] }}",
        "{{ messages }}",
        "{{ [messages[0].content] }}",
        "{{ messages[0].content * 2 }}",
        "{{ ('a' + messages[0].content) | trim }}",
        "{{ messages | map(attribute='content') | join | length }}",
        "{{ messages | last }}",
        "{{ 'a' if messages[0].content else 'b' }}",
        "{{ 'a' if 'x' in messages[0].content else 'b' }}",
        "{{ messages[0].content == 'a' }}",
        "{{ messages[0].content is string }}",
        "{{ raise_exception(messages[0].content) }}",
        "{{ strftime_now('%f') }}",
        "{% if messages[0].content %}a{% endif %}",
        "{% if messages[0].content is defined %}a{% endif %}",
        "{% if messages[0].role == 'x' %}{% elif messages[0].content > 'a' %}b{% endif %}",
        "{% set text = messages[0].content %}{% if text %}a{% endif %}",
        "{% set text = messages[0].content | trim %}{{ text | length }}",
        "{% set text = 'a' + messages[0].content %}{{ text[:1] }}",
        "{% set text = '' or messages[0] %}{{ text.content | length }}",
        "{% set all = [messages] %}{% for m in all %}{{ m[0].content | length }}{% endfor %}",
        "{% set ns = namespace() %}{% set ns.text = messages[0].content %}{{ ns.text | length }}",
        "{% set ns = namespace(all=messages) %}{{ ns.all[0].content | length }}",
        "{% set a, b = messages[0].content, 1 %}{{ a | length }}",
        "{% set a %}{{ messages[0].content }}{% endset %}{{ a | length }}",
        "{% set m = messages[0] %}{% set text = m.content %}{{ text | length }}",
        "{% for c in messages[0].content %}{{ c }}-{% endfor %}",
        "{% for key in messages[0] %}{{ messages[0][key] | length }}{% endfor %}",
        "{% for key, value in messages[0].items() %}{{ value | length }}{% endfor %}",
        "{% for m in messages if m.content %}a{% endfor %}",
        "{% for m in messages[1:] | reverse %}{{ m.content | length }}{% endfor %}",
        "{% for m in messages %}{{ loop.nextitem.content | length }}{% endfor %}",
        "{% macro size(m) %}{{ m.content | length }}{% endmacro %}{{ size(messages[0]) }}",
        "{% filter upper %}{{ messages[0].content }}{% endfilter %}",
        "{% with text = messages[0].content %}{{ text | length }}{% endwith %}"
      })
  void aTemplateThatLooksAtTextsHasNone(String source) {
    JinjaTemplate template = JinjaTemplate.compile(source, CLOCK);
    assertThat(skeleton(template, List.of("system", "user"))).isEmpty();
  }

  @Test
  void aLoopThatIsNotSupportedIsNoFaultUnlessItIsReached() {
    JinjaTemplate template =
        JinjaTemplate.compile(
            "{% if tools %}{% for t in tools recursive %}{{ t }}{% endfor %}{% endif %}"
                + "{{ messages[0].content }}",
            CLOCK);
    assertThat(skeleton(template, List.of("user"))).isEmpty();
    assertThat(template.render(variables(List.of("user"), List.of("Hi")))).isEqualTo("Hi");
  }

  @Test
  void theDateInAPromptIsThatOfItsSecond() {
    AtomicReference<Instant> now = new AtomicReference<>(CLOCK.instant());
    InstantSource source = now::get;
    Clock clock = source.withZone(ZoneOffset.UTC);
    JinjaTemplate template =
        JinjaTemplate.compile("{{ strftime_now('%d %b') }} {{ messages[0].content }}", clock);
    PromptSkeletons skeletons =
        new PromptSkeletons(
            (messages, prompt) ->
                template.trace(
                    variables(
                        List.of("user"), messages.stream().map(ChatMessage::content).toList())),
            clock);
    assertThat(filled(skeletons)).isEqualTo("04 Mar Hi");
    assertThat(filled(skeletons)).isEqualTo("04 Mar Hi");
    now.updateAndGet(then -> then.plus(Duration.ofDays(1)));
    assertThat(filled(skeletons)).isEqualTo("05 Mar Hi");
  }

  @Test
  void manyShapesAreNotKeptForEver() {
    List<List<ChatMessage>> traced = new ArrayList<>();
    PromptSkeletons skeletons =
        new PromptSkeletons(
            (messages, prompt) -> {
              traced.add(messages);
              return Optional.of(new Trace(messages.get(0).content(), false));
            },
            CLOCK);
    IntStream.range(0, 2_000).forEach(i -> skeletons.of(List.of("role " + i % 500), true));
    assertThat(traced).hasSizeBetween(501, 2_000);
    assertThat(skeletons.of(List.of("role 499"), true).orElseThrow().fill(List.of(" a ")))
        .isEqualTo(" a ");
  }

  private static String filled(PromptSkeletons skeletons) {
    return skeletons.of(List.of("user"), true).orElseThrow().fill(List.of("Hi"));
  }

  private static Optional<PromptSkeleton> skeleton(JinjaTemplate template, List<String> roles) {
    try {
      return template
          .trace(variables(roles, PromptSkeleton.standIns(roles.size())))
          .map(Trace::text)
          .flatMap(PromptSkeleton::of);
    } catch (ChatTemplateException refused) {
      return Optional.empty();
    }
  }

  private static Map<String, Object> variables(List<String> roles, List<String> texts) {
    Map<String, Object> variables = new HashMap<>();
    variables.put("bos_token", "<s>");
    variables.put("eos_token", "</s>");
    variables.put("add_generation_prompt", true);
    variables.put("tools", PythonNone.NONE);
    variables.put("documents", PythonNone.NONE);
    variables.put(
        "messages",
        IntStream.range(0, roles.size())
            .mapToObj(i -> Map.<String, Object>of("role", roles.get(i), "content", texts.get(i)))
            .toList());
    return variables;
  }
}
