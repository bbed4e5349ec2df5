package dev.millrace.cli.batch;

import static java.util.Objects.requireNonNull;

import dev.millrace.schema.GenerationResult;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.avro.Schema;

/**
 * A column that a data set's rows are given.
 *
 * @param type of the value in files with a schema
 * @param value of an answer, a text or a number; null: the answer has none
 */
record AnswerColumn(String name, Schema.Type type, Function<GenerationResult, Object> value) {
  AnswerColumn {
    requireNonNull(name, "name");
    requireNonNull(type, "type");
    requireNonNull(value, "value");
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
            answer -> answer.getLabelScores().map(AnswerColumn::margin).orElse(null)));
  }

  private static Double margin(Map<String, Double> scores) {
    List<Double> best = scores.values().stream().sorted((a, b) -> Double.compare(b, a)).toList();
    return best.size() < 2 ? best.get(0) : best.get(0) - best.get(1);
  }
}
