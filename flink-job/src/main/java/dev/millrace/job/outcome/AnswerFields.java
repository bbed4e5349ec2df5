package dev.millrace.job.outcome;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import dev.millrace.job.task.TaskKind;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads an answer as the fields that an enrich task asked for. */
final class AnswerFields {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private final JsonSchema schema;

  AnswerFields(TaskKind.Enrich kind) {
    schema =
        JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(kind.schema());
  }

  ObjectNode read(Reply reply) throws UnusableAnswerException {
    JsonNode tree;
    try {
      tree = MAPPER.readTree(reply.text());
    } catch (JsonProcessingException e) {
      throw new UnusableAnswerException(
          reply.cut()
              ? "the answer was cut before its fields were complete: raise max_tokens"
              : "the answer is not JSON: " + e.getOriginalMessage());
    }
    Set<ValidationMessage> wrong = schema.validate(tree);
    if (!wrong.isEmpty() || !tree.isObject()) {
      throw new UnusableAnswerException(
          "the answer's fields are not valid: "
              + wrong.stream()
                  .map(ValidationMessage::getMessage)
                  .collect(Collectors.joining("; ")));
    }
    return (ObjectNode) tree;
  }
}
