package dev.millrace.cli.batch;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.Message;
import dev.millrace.schema.RecordFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Rows with a column that holds the user's message. */
public final class RowsHaveColumn implements RowRequests {
  private final String column;
  private final Optional<String> system;
  private final OptionalInt maxTokens;

  /**
   * @param system what the system says before every row's message
   * @param maxTokens the most tokens of an answer; empty: the job's default
   */
  public RowsHaveColumn(String column, Optional<String> system, OptionalInt maxTokens) {
    this.column = requireNonNull(column, "column");
    this.system = requireNonNull(system, "system");
    this.maxTokens = requireNonNull(maxTokens, "maxTokens");
  }

  @Override
  public GenerationRequest request(String id, Row row) throws RecordFormatException {
    List<Message> messages = new ArrayList<>();
    system.ifPresent(text -> messages.add(new Message("system", text)));
    messages.add(new Message("user", text(row)));
    GenerationRequest.Builder request =
        GenerationRequest.newBuilder().setId(id).setMessages(messages);
    maxTokens.ifPresent(request::setMaxTokens);
    return request.build();
  }

  @Override
  public Optional<List<AnswerColumn>> columns(String into) {
    return Optional.of(AnswerColumn.named(into));
  }

  @Override
  public double reviewBelow(Row row) {
    return 0;
  }

  @Override
  public String description() {
    return "column '%s', system message '%s', max tokens %s"
        .formatted(column, system.orElse(""), maxTokens.isPresent() ? maxTokens.getAsInt() : "-");
  }

  private String text(Row row) throws RecordFormatException {
    ObjectNode fields = row.fields();
    JsonNode value = fields.path(column);
    if (value.isMissingNode() || value.isNull()) {
      throw new RecordFormatException(
          ErrorCode.MISSING_FIELD,
          "the row has no '%s': its columns are %s"
              .formatted(column, String.join(", ", names(fields))));
    }
    return value.isTextual() ? value.textValue() : value.toString();
  }

  private static List<String> names(ObjectNode fields) {
    return fields.properties().stream().map(field -> field.getKey()).toList();
  }
}
