package dev.millrace.cli.batch;

import dev.millrace.schema.GenerationResult;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.avro.AvroParquetWriter;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalOutputFile;

/** A Parquet file, compressed with Zstandard. */
final class ParquetAnswers implements AnswerWriter {
  private final ExtendedSchema schema;
  private final ParquetWriter<GenericRecord> records;

  ParquetAnswers(Path file, ExtendedSchema schema) throws IOException {
    this.schema = schema;
    this.records =
        AvroParquetWriter.<GenericRecord>builder(new LocalOutputFile(file))
            .withConf(new PlainParquetConfiguration())
            .withSchema(schema.schema())
            .withDataModel(GenericData.get())
            .withCompressionCodec(CompressionCodecName.ZSTD)
            .withWriteMode(ParquetFileWriter.Mode.OVERWRITE)
            .build();
  }

  @Override
  public void write(RowKey key, Row row, GenerationResult answer) throws IOException {
    records.write(schema.merge(row.record().orElseThrow(), answer));
  }

  @Override
  public void close() throws IOException {
    records.close();
  }
}
