package dev.millrace.job.task;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonPointer;
import dev.millrace.job.task.yaml.YamlObject;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.ResponseFormat;
import dev.millrace.schema.ResponseFormatType;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.avro.Schema;

/** Reads {@code output}: a topic, and what its records hold. */
final class OutputMappingReader {
  private static final Set<String> PLACES = places();

  private final YamlObject yaml;
  private final boolean answersJson;

  /**
   * @param format of the task's answers
   */
  OutputMappingReader(YamlObject yaml, Optional<ResponseFormat> format) {
    this.yaml = requireNonNull(yaml, "yaml");
    this.answersJson =
        format.filter(form -> form.getType() == ResponseFormatType.json_schema).isPresent();
  }

  OutputMapping read() {
    Map<String, JsonPointer> fields = new LinkedHashMap<>();
    Optional<YamlObject> written = yaml.object("fields");
    if (written.isEmpty() && !yaml.has("fields")) {
      yaml.mistake("needs fields: where in the completion each is, such as reply: /text");
    }
    written.ifPresent(section -> readFields(section, fields));
    OutputMapping mapping =
        new OutputMapping(yaml.requiredText("topic", "where the answers go"), fields);
    yaml.end();
    return mapping;
  }

  private void readFields(YamlObject section, Map<String, JsonPointer> fields) {
    for (String name : section.keys()) {
      Optional<String> place = section.text(name);
      if (place.isPresent() && isPossible(section, name, place.get())) {
        fields.put(name, JsonPointer.compile(place.get()));
      }
    }
    if (section.keys().isEmpty()) {
      section.mistake("names no field: give at least one, such as reply: /text");
    }
  }

  private boolean isPossible(YamlObject section, String name, String place) {
    String first = place.startsWith("/") ? JsonPointer.compile(place).getMatchingProperty() : "";
    if (!PLACES.contains(first)) {
      section.mistake(
          name,
          "'%s' is no place in a completion: write it like /text; there is %s"
              .formatted(place, String.join(", ", PLACES)));
      return false;
    }
    if (first.equals(OutputMapping.ANSWER) && !answersJson) {
      section.mistake(
          name, "the answer is a text without parts: use /text, or give it a json_schema");
      return false;
    }
    if (name.equals(OutputMapping.CUT)) {
      section.mistake(name, "is what tells answers that were cut: name the field otherwise");
      return false;
    }
    return true;
  }

  private static Set<String> places() {
    Set<String> places =
        GenerationResult.getClassSchema().getFields().stream()
            .map(Schema.Field::name)
            .collect(Collectors.toCollection(TreeSet::new));
    places.add(OutputMapping.ANSWER);
    places.add(OutputMapping.INPUT);
    return places;
  }
}
