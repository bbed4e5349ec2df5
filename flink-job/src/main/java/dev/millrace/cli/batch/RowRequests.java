package dev.millrace.cli.batch;

import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.RecordFormatException;
import java.util.List;
import java.util.Optional;

/** Makes the request of a row. */
public sealed interface RowRequests permits RowsAreRequests, RowsHaveColumn, RowsHaveTask {
  /**
   * The request.
   *
   * @param id for a row that has none of its own
   * @throws RecordFormatException if the row cannot be one; it is an error of this row alone
   */
  GenerationRequest request(String id, Row row) throws RecordFormatException;

  /**
   * What the answers add to the rows; empty: rows are requests, and their results are written.
   *
   * @param into the name of the column, or what the names begin with
   */
  Optional<List<AnswerColumn>> columns(String into);

  /** Labels with a smaller margin are for a person to look at; 0: none is. */
  double reviewBelow(Row row);

  /** What must not change between two runs of the same batch, for a person. */
  String description();
}
