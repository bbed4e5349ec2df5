package dev.millrace.cli.batch;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.job.task.TaskDefinition;
import dev.millrace.job.task.TaskKind;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.RecordFormatException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Rows whose columns are a task's input, by the names its template uses. The column of a label
 * task's known labels is one more, which the model does not see.
 */
public final class RowsHaveTask implements RowRequests {
  private final TaskDefinition task;

  public RowsHaveTask(TaskDefinition task) {
    this.task = requireNonNull(task, "task");
  }

  @Override
  public GenerationRequest request(String id, Row row) throws RecordFormatException {
    Map<String, String> input = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> column : row.fields().properties()) {
      JsonNode value = column.getValue();
      if (!value.isNull()) {
        input.put(column.getKey(), value.isTextual() ? value.textValue() : value.toString());
      }
    }
    Map<String, String> attributes = new LinkedHashMap<>();
    goldColumn()
        .filter(input::containsKey)
        .ifPresent(column -> attributes.put(column, input.remove(column)));
    return GenerationRequest.newBuilder()
        .setId(id)
        .setTask(task.name())
        .setInput(input)
        .setAttributes(attributes)
        .build();
  }

  @Override
  public Optional<List<AnswerColumn>> columns(String into) {
    return Optional.of(AnswerColumn.of(task, into));
  }

  @Override
  public double reviewBelow(Row row) {
    return task.kind() instanceof TaskKind.Label label ? label.reviewBelow() : 0;
  }

  @Override
  public String description() {
    return "task " + task.stamp();
  }

  private Optional<String> goldColumn() {
    return task.kind() instanceof TaskKind.Label label ? label.gold() : Optional.empty();
  }
}
