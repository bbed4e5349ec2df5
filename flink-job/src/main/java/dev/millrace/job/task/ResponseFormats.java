package dev.millrace.job.task;

import dev.millrace.schema.ResponseFormat;
import dev.millrace.schema.ResponseFormatType;
import java.util.List;
import java.util.Optional;

/** The forms of answer that follow from what a task does. */
final class ResponseFormats {
  private ResponseFormats() {}

  static Optional<ResponseFormat> of(TaskKind kind) {
    if (kind instanceof TaskKind.Label label) {
      return Optional.of(new ResponseFormat(ResponseFormatType.choice, label.labels(), null, null));
    }
    if (kind instanceof TaskKind.Enrich enrich) {
      return Optional.of(
          new ResponseFormat(
              ResponseFormatType.json_schema, List.of(), null, enrich.schema().toString()));
    }
    return Optional.empty();
  }
}
