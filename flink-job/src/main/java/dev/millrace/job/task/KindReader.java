package dev.millrace.job.task;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.job.task.yaml.NumberRange;
import dev.millrace.job.task.yaml.YamlObject;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Reads the section that has the name of the task's kind. */
final class KindReader {
  private static final int MOST_VOTES = 64;
  private static final NumberRange MARGIN =
      new NumberRange("within 0 and 1", x -> x >= 0 && x <= 1);

  private final YamlObject task;

  KindReader(YamlObject task) {
    this.task = requireNonNull(task, "task");
  }

  Supplier<TaskKind> generate() {
    return TaskKind.Generate::new;
  }

  Supplier<TaskKind> summarise() {
    return () ->
        section("summarise").map(KindReader::readSummarise).orElse(new TaskKind.Generate());
  }

  Supplier<TaskKind> enrich() {
    return () -> section("enrich").map(KindReader::readEnrich).orElse(new TaskKind.Generate());
  }

  Supplier<TaskKind> label() {
    return () -> section("label").map(KindReader::readLabel).orElse(new TaskKind.Generate());
  }

  private Optional<YamlObject> section(String kind) {
    Optional<YamlObject> section = task.object(kind);
    if (section.isEmpty() && !task.has(kind)) {
      task.mistake("needs a section " + kind + ", because that is its kind");
    }
    return section;
  }

  private static TaskKind readSummarise(YamlObject yaml) {
    Optional<YamlObject> combine = yaml.object("combine");
    if (combine.isEmpty() && !yaml.has("combine")) {
      yaml.mistake("needs combine: messages that make one summary of the list 'parts'");
    }
    int atMost =
        combine
            .flatMap(section -> section.integer("at_most", 2, Integer.MAX_VALUE))
            .orElse(Integer.MAX_VALUE);
    TaskPrompt prompt = combine.map(KindReader::readCombine).orElse(TaskPrompt.chat(List.of()));
    int partTokens = yaml.integer("part_tokens", 1, Integer.MAX_VALUE).orElse(0);
    int overlap = yaml.integer("overlap_tokens", 0, Integer.MAX_VALUE).orElse(0);
    if (partTokens > 0 && overlap > partTokens / 2) {
      yaml.mistake(
          "overlap_tokens",
          "%d is more than half of part_tokens %d: parts would hardly move on"
              .formatted(overlap, partTokens));
    }
    TaskKind kind =
        new TaskKind.Summarise(
            yaml.text("document").orElse("text"), partTokens, overlap, prompt, atMost);
    yaml.end();
    return kind;
  }

  private static TaskPrompt readCombine(YamlObject yaml) {
    TaskPrompt prompt = new PromptReader(yaml).read();
    if (!prompt.variables().contains("parts")) {
      yaml.mistake("does not use 'parts', the list of summaries to combine");
    }
    yaml.end();
    return prompt;
  }

  private static TaskKind readEnrich(YamlObject yaml) {
    Map<String, JsonNode> fields = new LinkedHashMap<>();
    Optional<YamlObject> written = yaml.object("fields");
    if (written.isEmpty() && !yaml.has("fields")) {
      yaml.mistake(
          "needs fields: a JSON Schema for each field to add, such as city: {type: string}");
    }
    written.ifPresent(section -> readFields(section, fields));
    TaskKind kind =
        new TaskKind.Enrich(
            yaml.text("event").orElse("event"),
            fields,
            yaml.text("into"),
            yaml.choice(
                    "on_invalid",
                    Map.of(
                        "dead_letter", TaskKind.OnInvalid.DEAD_LETTER,
                        "pass", TaskKind.OnInvalid.PASS))
                .orElse(TaskKind.OnInvalid.DEAD_LETTER),
            yaml.text("mark").orElse("enrichment_error"),
            yaml.text("topic"));
    yaml.end();
    return kind;
  }

  private static void readFields(YamlObject section, Map<String, JsonNode> fields) {
    for (String name : section.keys()) {
      JsonNode schema = section.json(name).orElseThrow();
      if (schema.isObject()) {
        fields.put(name, schema);
      } else {
        section.mistake(name, "must be a JSON Schema, such as {type: string}");
      }
    }
    if (section.keys().isEmpty()) {
      section.mistake("names no field: give at least one to add");
    }
  }

  private static TaskKind readLabel(YamlObject yaml) {
    List<String> labels = yaml.texts("labels");
    if (labels.size() < 2 || new HashSet<>(labels).size() < labels.size()) {
      yaml.mistake("labels", "must be a list of at least two different labels");
    }
    Optional<YamlObject> review = yaml.object("review");
    TaskKind kind =
        new TaskKind.Label(
            labels,
            yaml.integer("votes", 1, MOST_VOTES).orElse(1),
            review.flatMap(section -> section.number("margin_below", MARGIN)).orElse(0.0),
            review.map(section -> section.requiredText("topic", "where doubtful labels go")),
            yaml.text("gold"));
    review.ifPresent(YamlObject::end);
    yaml.end();
    return kind;
  }
}
