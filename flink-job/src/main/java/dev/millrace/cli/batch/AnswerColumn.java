package dev.millrace.cli.batch;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.job.outcome.MappedAnswer;
import dev.millrace.job.outcome.UnusableAnswerException;
import dev.millrace.job.task.OutputMapping;
import dev.millrace.job.task.TaskDefinition;
import dev.millrace.job.task.TaskKind;
import dev.millrace.schema.DocumentParts;
import dev.millrace.schema.GenerationResult;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToIntFunction;
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
   * The columns of a task's answers: for an enrichment one for each of its fields, and its mark if
   * it has one; for a task with an output mapping one for each of its fields that is none of the
   * row's own; else those of {@link #named}, with the probability of every label and the votes for
   * a label, and the number of parts for a summary.
   */
  static List<AnswerColumn> of(TaskDefinition task, String name) {
    if (task.output().isPresent()) {
      return mapped(task.output().get(), name);
    }
    TaskKind kind = task.kind();
    if (kind instanceof TaskKind.Enrich enrich) {
      return enriched(enrich, name);
    }
    Stream<AnswerColumn> others = Stream.of();
    if (kind instanceof TaskKind.Label label) {
      others = Stream.of(scores(name + "_scores"));
      if (label.votes() > 1) {
        others = Stream.concat(others, Stream.of(votes(name + "_votes")));
      }
    } else if (kind instanceof TaskKind.Summarise) {
      others =
          Stream.of(
              ofParts(name + "_parts", DocumentParts::getParts),
              ofParts(name + "_cut_parts", DocumentParts::getCut));
    }
    return Stream.concat(named(name).stream(), others).toList();
  }

  private static List<AnswerColumn> enriched(TaskKind.Enrich enrich, String name) {
    Stream<AnswerColumn> fields =
        enrich.fields().keySet().stream()
            .map(
                field ->
                    new AnswerColumn(
                        name + "_" + field, Schema.Type.STRING, answer -> field(answer, field)));
    AnswerColumn mark =
        new AnswerColumn(
            name + "_" + enrich.mark(), Schema.Type.STRING, answer -> mark(answer, enrich.mark()));
    return enrich.onInvalid() == TaskKind.OnInvalid.PASS
        ? Stream.concat(fields, Stream.of(mark)).toList()
        : fields.toList();
  }

  private static AnswerColumn ofParts(String name, ToIntFunction<DocumentParts> count) {
    return new AnswerColumn(
        name, Schema.Type.INT, answer -> answer.getDocument().map(count::applyAsInt).orElse(null));
  }

  /** What the mapping makes of the answer, and whether it was cut. */
  private static List<AnswerColumn> mapped(OutputMapping mapping, String name) {
    return Stream.concat(
            mapping.fields().entrySet().stream()
                .filter(field -> !field.getValue().matchesProperty(OutputMapping.INPUT))
                .map(Map.Entry::getKey),
            Stream.of(OutputMapping.CUT))
        .map(
            field ->
                new AnswerColumn(
                    name + "_" + field,
                    Schema.Type.STRING,
                    answer -> mappedField(mapping, answer, field)))
        .toList();
  }

  private static String mappedField(OutputMapping mapping, GenerationResult answer, String field) {
    try {
      return text(MappedAnswer.of(mapping, answer, Map.of()).path(field));
    } catch (UnusableAnswerException e) {
      throw new IllegalStateException("an answer that was used cannot be used any more", e);
    }
  }

  /** Why an event was passed on without its fields; null if it has them. */
  private static String mark(GenerationResult answer, String name) {
    return answer
        .getEnrichedEvent()
        .filter(event -> !isValid(answer))
        .map(event -> text(tree(event).path(name)))
        .orElse(null);
  }

  /** A field of a valid answer. */
  private static String field(GenerationResult answer, String name) {
    return isValid(answer) ? text(tree(answer.getText()).path(name)) : null;
  }

  private static boolean isValid(GenerationResult answer) {
    return answer.getValid().orElse(false);
  }

  private static JsonNode tree(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an answer that was valid is no JSON", e);
    }
  }

  /** A text as it is, anything else as JSON; null if there is no value. */
  private static String text(JsonNode value) {
    return value.isMissingNode() || value.isNull()
        ? null
        : value.isTextual() ? value.textValue() : value.toString();
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

  private static AnswerColumn votes(String name) {
    return new AnswerColumn(
        name,
        Schema.Type.STRING,
        answer -> answer.getVotes().map(votes -> json(new TreeMap<>(votes))).orElse(null));
  }

  private static String json(Map<String, ? extends Number> counts) {
    return JSON.valueToTree(counts).toString();
  }

  private static Double margin(Map<String, Double> scores) {
    List<Double> best = scores.values().stream().sorted((a, b) -> Double.compare(b, a)).toList();
    return best.size() < 2 ? best.get(0) : best.get(0) - best.get(1);
  }
}
