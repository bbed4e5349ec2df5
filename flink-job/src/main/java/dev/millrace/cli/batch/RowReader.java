package dev.millrace.cli.batch;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Reads the rows of one file in their order. Not safe for use by several threads. */
interface RowReader extends Closeable {
  /**
   * The next row; empty at the end. A row that is damaged by itself comes as one with a problem.
   *
   * @throws IOException if the file is damaged, so that no further row can be found
   */
  Optional<Row> next() throws IOException;

  /** Opens a file in the format of its extension. */
  static RowReader open(Path file, FileFormat format) throws IOException {
    return switch (format) {
      case JSONL -> new JsonlRows(file);
      case CSV -> new CsvRows(file);
      case AVRO -> new AvroRows(file);
      case PARQUET -> new ParquetRows(file);
    };
  }
}
