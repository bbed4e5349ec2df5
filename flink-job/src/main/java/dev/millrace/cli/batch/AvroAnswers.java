package dev.millrace.cli.batch;

import dev.millrace.schema.GenerationResult;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;

/** An Avro object container file. */
final class AvroAnswers implements AnswerWriter {
  private final ExtendedSchema schema;
  private final DataFileWriter<GenericRecord> records;

  AvroAnswers(Path file, ExtendedSchema schema) throws IOException {
    this.schema = schema;
    this.records =
        new DataFileWriter<>(new GenericDatumWriter<GenericRecord>(schema.schema()))
            .setCodec(CodecFactory.deflateCodec(CodecFactory.DEFAULT_DEFLATE_LEVEL))
            .create(schema.schema(), file.toFile());
  }

  @Override
  public void write(RowKey key, Row row, GenerationResult answer) throws IOException {
    records.append(schema.merge(row.record().orElseThrow(), answer));
  }

  @Override
  public void close() throws IOException {
    records.close();
  }
}
