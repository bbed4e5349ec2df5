package dev.millrace.cli.batch;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.job.task.TaskDefinition;
import dev.millrace.job.task.TaskKind;
import dev.millrace.schema.GenerationResult;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.avro.Schema;

/**
 * A column that a data set's rows are given.
 *
 * @param type of the value in files with a schema
 * @param value of an answer, a text or a number; null: the answer has none
 */
public record AnswerColumn(
    String name, Schema.Type type, Function<GenerationResult, Object> value) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  public AnswerColumn {
    requireNonNull(name, "name");
    requireNonNull(type, "type");
    requireNonNull(value, "value");
  }

  /**
   * The columns of a task's answers: for an enrichment one for each of its fields, else those of
   * {@link #named}, and for a label one more with the probability of every label.
   */
  static List<AnswerColumn> of(TaskDefinition task, String name) {
    if (task.kind() instanceof TaskKind.Label) {
      return Stream.concat(named(name).stream(), Stream.of(scores(name + "_scores"))).toList();
    }
    if (!(task.kind() instanceof TaskKind.Enrich enrich)) {
      return named(name);
    }
    return enrich.fields().keySet().stream()
        .map(
            field ->
                new AnswerColumn(
                    name + "_" + field, Schema.Type.STRING, answer -> field(answer, field)))
        .toList();
  }

  /** A text as it is, anything else as JSON; null if the answer is no such object. */
  private static String field(GenerationResult answer, String name) {
    try {
      JsonNode value = JSON.readTree(answer.getText()).path(name);
      return value.isMissingNode() || value.isNull()
          ? null
          : value.isTextual() ? value.textValue() : value.toString();
    } catch (JsonProcessingException e) {
      return null;
    }
  }

  /**
   * The answer's text, why it ended, and for a choice how likely it was and by how much it won.
   *
   * @param name of the text's column; the others' names begin with it
   */
  static List<AnswerColumn> named(String name) {
    return List.of(
        new AnswerColumn(name, Schema.Type.STRING, GenerationResult::getText),
        new AnswerColumn(
            name + "_finish_reason", Schema.Type.STRING, answer -> answer.getFinishReason().name()),
        new AnswerColumn(
            name + "_probability",
            Schema.Type.DOUBLE,
            answer ->
                answer.getLabelScores().map(scores -> scores.get(answer.getText())).orElse(null)),
        new AnswerColumn(
            name + "_margin",
            Schema.Type.DOUBLE,
            answer ->
                answer
                    .getMargin()
                    .or(() -> answer.getLabelScores().map(AnswerColumn::margin))
                    .orElse(null)));
  }

  /** A JSON object in files that have no maps. */
  private static AnswerColumn scores(String name) {
    return new AnswerColumn(
        name,
        Schema.Type.STRING,
        answer -> answer.getLabelScores().map(scores -> json(new TreeMap<>(scores))).orElse(null));
  }

  private static String json(Map<String, Double> scores) {
    return JSON.valueToTree(scores).toString();
  }

  private static Double margin(Map<String, Double> scores) {
    List<Double> best = scores.values().stream().sorted((a, b) -> Double.compare(b, a)).toList();
    return best.size() < 2 ? best.get(0) : best.get(0) - best.get(1);
  }
}
