package dev.millrace.job.outcome;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.task.OutputMapping;
import dev.millrace.schema.FinishReason;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.NaturalJson;
import java.util.Map;

/** A completion in the form that its task's output mapping gives it. */
public final class MappedAnswer {
  private static final NaturalJson<GenerationResult> RESULTS =
      NaturalJson.of(GenerationResult.class);
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private MappedAnswer() {}

  /**
   * The record's fields in the order of the mapping; what the completion does not have is null.
   *
   * @param input the request's; empty if the mapping does not read it
   * @throws UnusableAnswerException if the answer should be JSON and is not
   */
  public static ObjectNode of(
      OutputMapping mapping, GenerationResult result, Map<String, String> input)
      throws UnusableAnswerException {
    ObjectNode completion = completion(result);
    if (mapping.readsAnswer()) {
      completion.set(OutputMapping.ANSWER, answer(result));
    }
    if (mapping.readsInput()) {
      ObjectNode given = completion.putObject(OutputMapping.INPUT);
      input.forEach(given::put);
    }
    ObjectNode record = MAPPER.createObjectNode();
    mapping
        .fields()
        .forEach(
            (name, place) -> {
              JsonNode value = completion.at(place);
              record.set(name, value.isMissingNode() ? record.nullNode() : value);
            });
    if (isCut(result)) {
      record.put(OutputMapping.CUT, true);
    }
    return record;
  }

  /** The record for the mapping's topic, with the prompt's key, headers and timestamp. */
  static OutputRecord record(OutputMapping mapping, PromptRecord origin, ObjectNode fields) {
    return OutputRecord.ofTask(mapping.topic(), origin, fields.toString().getBytes(UTF_8));
  }

  private static boolean isCut(GenerationResult result) {
    return result.getFinishReason() == FinishReason.LENGTH
        || result.getFinishReason() == FinishReason.DEADLINE;
  }

  private static ObjectNode completion(GenerationResult result) {
    try {
      return (ObjectNode) MAPPER.readTree(RESULTS.write(result));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a completion that was written is no JSON", e);
    }
  }

  private static JsonNode answer(GenerationResult result) throws UnusableAnswerException {
    try {
      return MAPPER.readTree(result.getText());
    } catch (JsonProcessingException e) {
      throw new UnusableAnswerException(
          isCut(result)
              ? "the answer was cut before it was whole: raise max_tokens"
              : "the answer is not JSON: " + e.getOriginalMessage());
    }
  }
}
