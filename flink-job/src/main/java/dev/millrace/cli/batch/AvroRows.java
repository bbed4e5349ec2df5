package dev.millrace.cli.batch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;

/** An Avro object container file of records. */
final class AvroRows implements RowReader {
  private final Path file;
  private final DataFileReader<GenericRecord> records;

  AvroRows(Path file) throws IOException {
    this.file = file;
    this.records = new DataFileReader<>(file.toFile(), new GenericDatumReader<>());
    if (records.getSchema().getType() != Schema.Type.RECORD) {
      throw new IOException(
          file + " holds " + records.getSchema().getType() + " values: rows must be records");
    }
  }

  static Schema schema(Path file) throws IOException {
    try (AvroRows rows = new AvroRows(file)) {
      return rows.records.getSchema();
    }
  }

  @Override
  public Optional<Row> next() throws IOException {
    try {
      return records.hasNext() ? Optional.of(Row.of(records.next())) : Optional.empty();
    } catch (AvroRuntimeException e) {
      throw new IOException(file + " is damaged: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() throws IOException {
    records.close();
  }
}
