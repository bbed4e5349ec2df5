package dev.millrace.cli.batch;

import dev.millrace.cli.jsonl.RequestLines;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.RecordFormatException;
import java.util.List;
import java.util.Optional;

/** Rows that are requests already: in Millrace's own form or lines of an OpenAI batch file. */
public final class RowsAreRequests implements RowRequests {
  private static final RequestLines LINES = new RequestLines();

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
  public String description() {
    return "requests";
  }
}
