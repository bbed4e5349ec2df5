package dev.millrace.job.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonPointer;
import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.task.yaml.Mistake;
import dev.millrace.schema.Message;
import dev.millrace.schema.ResponseFormatType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.flink.util.InstantiationUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaskFilesTest {
  private static final String TICKETS =
      """
      tasks:
        route:
          kind: label
          version: 2
          model: small
          messages:
            - role: system
              content: Answer with one word.
            - role: user
              content: "{{ subject }}: {{ body }}"
          sampling: {temperature: 0.5, max_tokens: 4, stop: ["\\n"]}
          label:
            labels: [billing, outage]
            votes: 3
            review: {topic: doubtful, margin_below: 0.2}
            gold: expected
          from:
            topic: tickets
            id: /ticket/id
            input: {subject: /subject, body: /body}
            attributes: {expected: /known}
      """;

  @Test
  void everythingInAFileArrives() {
    TaskDefinition task = only(TICKETS);

    assertThat(task.name()).isEqualTo("route");
    assertThat(task.version()).isEqualTo("2");
    assertThat(task.model()).contains("small");
    assertThat(task.prompt().messages(Map.of("subject", "Hi", "body", "no light")))
        .containsExactly(
            new Message("system", "Answer with one word."), new Message("user", "Hi: no light"));
    assertThat(task.sampling().temperature()).contains(0.5);
    assertThat(task.sampling().maxTokens()).contains(4);
    assertThat(task.sampling().stop()).containsExactly("\n");
    TaskKind.Label label = (TaskKind.Label) task.kind();
    assertThat(label.labels()).containsExactly("billing", "outage");
    assertThat(label.votes()).isEqualTo(3);
    assertThat(label.reviewBelow()).isEqualTo(0.2);
    assertThat(label.reviewTopic()).contains("doubtful");
    assertThat(label.gold()).contains("expected");
    EventSource source = task.source().orElseThrow();
    assertThat(source.topic()).isEqualTo("tickets");
    assertThat(source.id()).contains(JsonPointer.compile("/ticket/id"));
    assertThat(source.input()).containsKeys("subject", "body");
    assertThat(source.attributes()).containsKey("expected");
    assertThat(source.isAvro()).isFalse();
  }

  @Test
  void labelsAndFieldsAreTheFormOfTheAnswer() {
    assertThat(only(TICKETS).responseFormat().orElseThrow().getChoice())
        .containsExactly("billing", "outage");
    TaskDefinition enrich =
        only(
            """
            tasks:
              where:
                kind: enrich
                version: 1
                prompt: "{{ event }}"
                enrich:
                  fields: {city: {type: string}, n: {type: integer, minimum: 0}}
                  into: place
                  on_invalid: pass
            """);

    assertThat(enrich.responseFormat().orElseThrow().getType())
        .isEqualTo(ResponseFormatType.json_schema);
    assertThat(enrich.responseFormat().orElseThrow().getJsonSchema().orElseThrow())
        .isEqualTo(
            "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"},"
                + "\"n\":{\"type\":\"integer\",\"minimum\":0}},"
                + "\"required\":[\"city\",\"n\"],\"additionalProperties\":false}");
    assertThat(((TaskKind.Enrich) enrich.kind()).onInvalid()).isEqualTo(TaskKind.OnInvalid.PASS);
  }

  @Test
  void anOutputSaysWhereInTheCompletionItsFieldsAre() {
    TaskDefinition reply =
        only(
            """
            tasks:
              reply:
                version: 1
                prompt: "{{ text }}"
                output: {topic: replies, fields: {reply: /text, ticket: /input/number}}
            """);

    OutputMapping output = reply.output().orElseThrow();
    assertThat(reply.topic()).contains("replies");
    assertThat(output.fields())
        .containsExactly(
            Map.entry("reply", JsonPointer.compile("/text")),
            Map.entry("ticket", JsonPointer.compile("/input/number")));
    assertThat(output.readsInput()).isTrue();
    assertThat(output.readsAnswer()).isFalse();
  }

  @Test
  void anOutputThatCannotBeWrittenIsAMistake() {
    TaskFileException refused =
        refused(
            """
            tasks:
              reply:
                version: 1
                prompt: "{{ text }}"
                from: {topic: mails, input: {text: /text}}
                output:
                  topic: mails
                  fields: {a: /txet, b: text, c: /answer/city, cut: /text}
              route:
                kind: label
                version: 1
                prompt: "{{ text }}"
                label: {labels: [a, b]}
                output: {topic: labels, fields: {a: /text}}
            """);

    assertThat(refused)
        .hasMessageContaining("tasks.reply.output: topic is the one that the events come from")
        .hasMessageContaining("tasks.reply.output.fields.a: '/txet' is no place in a completion")
        .hasMessageContaining("tasks.reply.output.fields.b: 'text' is no place in a completion")
        .hasMessageContaining("tasks.reply.output.fields.c: the answer is a text without parts")
        .hasMessageContaining("tasks.reply.output.fields.cut: is what tells answers that were cut")
        .hasMessageContaining("tasks.route.output: a task of kind label has its own records");
  }

  @Test
  void everyMistakeIsToldAtOnceWithItsLineAndKey() {
    TaskFileException refused =
        refused(
            """
            tasks:
              route:
                kind: lable
                version: 1
                messages:
                  - role: user
                    contant: hello
                sampling: {temperature: hot, top_p: 2}
                label:
                  lables: [a, b]
              other:
                kind: generate
                prompt: "{% if x %}"
                prompt: "again"
            """);

    assertThat(refused.mistakes())
        .extracting(Mistake::line, Mistake::path)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple(3, "tasks.route.kind"),
            org.assertj.core.groups.Tuple.tuple(6, "tasks.route.messages[0]"),
            org.assertj.core.groups.Tuple.tuple(7, "tasks.route.messages[0].contant"),
            org.assertj.core.groups.Tuple.tuple(8, "tasks.route.sampling.temperature"),
            org.assertj.core.groups.Tuple.tuple(8, "tasks.route.sampling.top_p"),
            org.assertj.core.groups.Tuple.tuple(9, "tasks.route.label"),
            org.assertj.core.groups.Tuple.tuple(12, "tasks.other"),
            org.assertj.core.groups.Tuple.tuple(14, "tasks.other.prompt"));
    assertThat(refused)
        .hasMessageContaining("the tasks have 8 mistakes:")
        .hasMessageContaining("t.yaml line 3: tasks.route.kind: 'lable' is none of")
        .hasMessageContaining("did you mean label?")
        .hasMessageContaining("contant: unknown key, did you mean content?")
        .hasMessageContaining("'hot' must be a number, 0 or greater")
        .hasMessageContaining("2.0 must be greater than 0 and at most 1")
        .hasMessageContaining("needs version");
  }

  @Test
  void aKindNeedsItsSectionAndItsParts() {
    assertRefused("kind: label", "needs a section label");
    assertRefused("kind: label\n    label: {labels: [a]}", "at least two different labels");
    assertRefused("kind: enrich\n    enrich: {}", "needs fields");
    assertRefused("kind: enrich\n    enrich: {fields: {a: text}}", "must be a JSON Schema");
    assertRefused("kind: summarise\n    summarise: {}", "needs combine");
    assertRefused("kind: summarise\n    summarise: {combine: {prompt: x}}", "does not use 'parts'");
    assertRefused(
        "kind: summarise\n    summarise: {part_tokens: 10, overlap_tokens: 6, combine: {prompt: '{{ parts }}'}}",
        "more than half of part_tokens 10");
    assertRefused(
        "kind: enrich\n    response_format: {type: text}\n    enrich: {fields: {a: {}}}",
        "has its own form of answer");
    assertRefused("response_format: {type: regex}", "needs regex");
    assertRefused(
        "kind: label\n    label: {labels: [a, b], votes: 3}", "set sampling.temperature above 0");
  }

  @Test
  void aFormThatCannotBeGuaranteedIsNamedWithItsKeyword() {
    assertRefused(
        "response_format: {type: json_schema, json_schema: {type: object, not: {}}}", "not");
    assertRefused("response_format: {type: regex, regex: '('}", "response_format");
    assertRefused(
        "kind: enrich\n    enrich: {fields: {a: {type: string, format: hostname}}}", "hostname");
  }

  @Test
  void aBoundTopicMustGiveWhatTheTemplateUses() {
    assertRefused(
        "from: {topic: events, input: {y: /y}}", "input lacks 'x', which the template uses");
    assertRefused("from: {topic: events, input: {x: y}}", "'y' is no JSON Pointer");
    assertRefused(
        "from: {topic: e, format: avro, schemas: no.avsc, input: {x: /x}}",
        "no file no.avsc beside");
  }

  @Test
  void aTopicHasOneTaskAndANameOneDefinition() {
    String task = "{version: 1, prompt: '{{ x }}', from: {topic: e, input: {x: /x}}}";

    assertThat(refused("tasks:\n  a: %s\n  b: %s\n".formatted(task, task)))
        .hasMessageContaining("topic 'e' is bound to task 'a' already");
    assertThat(refused("tasks:\n  a: %s\n  a: %s\n".formatted(task, task)))
        .hasMessageContaining("is there twice");
  }

  @Test
  void whatIsNotYamlIsNamedWithItsLine() {
    assertThat(refused("tasks:\n  a: [1, 2\n").mistakes().get(0).message())
        .contains("this is not YAML");
    assertThat(refused("- a\n").mistakes().get(0).message()).contains("must be a mapping");
    assertThat(refused("task: {}\n"))
        .hasMessageContaining("line 1: task: unknown key, did you mean tasks?")
        .hasMessageContaining("needs tasks");
  }

  @Test
  void theStampChangesWithAnyPartOfTheDefinition() {
    String stamp = only(TICKETS).stamp();

    assertThat(stamp).startsWith("route@2:");
    assertThat(only(TICKETS.replace("votes: 3", "votes: 5")).stamp()).isNotEqualTo(stamp);
    assertThat(only("# a remark\n" + TICKETS).stamp()).isEqualTo(stamp);
  }

  @Test
  void aFolderIsReadWithItsAvroSchemas(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("a.yaml"), TICKETS);
    Files.writeString(
        folder.resolve("b.yml"),
        """
        tasks:
          b:
            version: 1
            prompt: "{{ x }}"
            from: {topic: events, format: avro, schemas: [event.avsc], input: {x: /x}}
        """);
    Files.writeString(
        folder.resolve("event.avsc"),
        "{\"type\":\"record\",\"name\":\"E\",\"fields\":[{\"name\":\"x\",\"type\":\"string\"}]}");
    TaskFiles files = InstantiationUtil.clone(TaskFiles.read(folder)); // as it travels to tasks
    Tasks tasks = files.tasks();

    assertThat(tasks.all()).extracting(TaskDefinition::name).containsExactly("route", "b");
    assertThat(tasks.topics()).containsExactly("tickets", "events");
    assertThat(tasks.ofTopic("events").orElseThrow().source().orElseThrow().schemas())
        .singleElement()
        .satisfies(schema -> assertThat(schema.getName()).isEqualTo("E"));
  }

  @Test
  void aMissingFileIsNamed(@TempDir Path folder) {
    assertThatThrownBy(() -> TaskFiles.read(folder.resolve("no.yaml")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("no.yaml");
    assertThatThrownBy(() -> TaskFiles.read(folder)).hasMessageContaining("has no .yaml file");
  }

  private static void assertRefused(String lines, String message) {
    String prompt = lines.contains("kind: summarise") ? "" : "\n    prompt: \"{{ x }}\"";
    assertThat(refused("tasks:\n  a:\n    version: 1" + prompt + "\n    " + lines + "\n"))
        .hasMessageContaining(message);
  }

  private static TaskFileException refused(String yaml) {
    return catchThrowableOfType(
        TaskFileException.class, () -> TaskFiles.of("t.yaml", yaml).tasks());
  }

  private static TaskDefinition only(String yaml) {
    return List.copyOf(TaskFiles.of("t.yaml", yaml).tasks().all()).get(0);
  }
}
