package dev.millrace.cli.batch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.avro.AvroParquetReader;
import org.apache.parquet.avro.AvroSchemaConverter;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.io.LocalInputFile;

/** A Parquet file, its rows as Avro records. */
final class ParquetRows implements RowReader {
  private final Path file;
  private final ParquetReader<GenericRecord> records;

  ParquetRows(Path file) throws IOException {
    this.file = file;
    this.records =
        AvroParquetReader.<GenericRecord>builder(
                new LocalInputFile(file), new PlainParquetConfiguration())
            .withDataModel(GenericData.get())
            .build();
  }

  static Schema schema(Path file) throws IOException {
    ParquetConfiguration configuration = new PlainParquetConfiguration();
    try (ParquetFileReader reader = ParquetFileReader.open(new LocalInputFile(file))) {
      return new AvroSchemaConverter(configuration)
          .convert(reader.getFooter().getFileMetaData().getSchema());
    }
  }

  @Override
  public Optional<Row> next() throws IOException {
    try {
      return Optional.ofNullable(records.read()).map(Row::of);
    } catch (RuntimeException e) {
      throw new IOException(file + " is damaged: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() throws IOException {
    records.close();
  }
}
