package dev.millrace.cli.batch;

import static java.util.Objects.requireNonNull;

import dev.millrace.cli.jsonl.RequestLines;
import dev.millrace.job.task.TaskDefinition;
import dev.millrace.job.task.TaskKind;
import dev.millrace.job.task.Tasks;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.RecordFormatException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Rows that are requests already: in Millrace's own form or lines of an OpenAI batch file. */
public final class RowsAreRequests implements RowRequests {
  private static final RequestLines LINES = new RequestLines();

  private final Tasks tasks;

  /**
   * @param tasks that requests may name
   */
  public RowsAreRequests(Tasks tasks) {
    this.tasks = requireNonNull(tasks, "tasks");
  }

  @Override
  public GenerationRequest request(String id, Row row) throws RecordFormatException {
    row.fields();
    return LINES.read(row.text());
  }

  @Override
  public Optional<List<AnswerColumn>> columns(String into) {
    return Optional.empty();
  }

  @Override
  public double reviewBelow(Row row) {
    try {
      return LINES
          .read(row.text())
          .getTask()
          .flatMap(tasks::named)
          .map(TaskDefinition::kind)
          .filter(TaskKind.Label.class::isInstance)
          .map(kind -> ((TaskKind.Label) kind).reviewBelow())
          .orElse(0.0);
    } catch (RecordFormatException e) {
      throw new IllegalStateException("a row that was answered is no request any more", e);
    }
  }

  @Override
  public String description() {
    return tasks.all().isEmpty()
        ? "requests"
        : "requests, tasks "
            + tasks.all().stream().map(TaskDefinition::stamp).collect(Collectors.joining(" "));
  }
}
