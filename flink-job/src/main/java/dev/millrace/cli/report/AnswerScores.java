package dev.millrace.cli.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How right the answers to documents with known answers are, by the measures of the demo model's
 * own evaluation. Not safe for use by several threads.
 */
public final class AnswerScores {
  /** What is measured. Each is a mean over the documents of its task, between 0 and 1. */
  public enum Measure {
    /** Labels that are the expected one. */
    LABEL_ACCURACY,
    /** Enrichments that are a JSON object. */
    ENRICH_VALID,
    /** Enrichments with every field as expected. */
    ENRICH_EXACT,
    /** The share of a case's key facts that its summary names. */
    SUMMARY_FACT_RECALL,
    /** Summaries without a number that the case does not have. */
    SUMMARY_NUMBERS_FAITHFUL
  }

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Pattern NUMBER = Pattern.compile("\\d(?:[\\d.,/-]*\\d)?");

  private final Map<Measure, Mean> means = new TreeMap<>();

  /** Scores a label. */
  public void label(String expected, String answer) {
    add(Measure.LABEL_ACCURACY, answer.strip().equals(expected));
  }

  /**
   * Scores an enrichment.
   *
   * @param expected a JSON object
   */
  public void enrich(String expected, String answer) {
    Optional<JsonNode> object = object(answer);
    add(Measure.ENRICH_VALID, object.isPresent());
    add(Measure.ENRICH_EXACT, object.isPresent() && object.equals(object(expected)));
  }

  /**
   * Scores a summary.
   *
   * @param facts texts that it should contain, at least one
   */
  public void summarise(String document, List<String> facts, String answer) {
    double present = facts.stream().filter(answer::contains).count();
    add(Measure.SUMMARY_FACT_RECALL, present / facts.size());
    var numbers = NUMBER.matcher(document).results().map(MatchResult::group);
    var known = numbers.collect(Collectors.toSet());
    add(
        Measure.SUMMARY_NUMBERS_FAITHFUL,
        NUMBER.matcher(answer).results().map(MatchResult::group).allMatch(known::contains));
  }

  /** Empty if no document of the measure's task was scored. */
  public OptionalDouble get(Measure measure) {
    Mean mean = means.get(measure);
    return mean == null ? OptionalDouble.empty() : OptionalDouble.of(mean.sum / mean.count);
  }

  private void add(Measure measure, boolean right) {
    add(measure, right ? 1 : 0);
  }

  private void add(Measure measure, double value) {
    means.computeIfAbsent(measure, unseen -> new Mean()).add(value);
  }

  private static Optional<JsonNode> object(String text) {
    try {
      return Optional.of(JSON.readTree(text)).filter(JsonNode::isObject);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private static final class Mean {
    private double sum;
    private int count;

    void add(double value) {
      sum += value;
      count++;
    }
  }
}
