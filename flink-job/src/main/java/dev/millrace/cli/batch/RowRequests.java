package dev.millrace.cli.batch;

import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.RecordFormatException;

/** Makes the request of a row. */
public sealed interface RowRequests permits RowsAreRequests, RowsHaveColumn {
  /**
   * The request.
   *
   * @param id for a row that has none of its own
   * @throws RecordFormatException if the row cannot be one; it is an error of this row alone
   */
  GenerationRequest request(String id, Row row) throws RecordFormatException;

  /** What must not change between two runs of the same batch, for a person. */
  String description();
}
