package dev.millrace.cli.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.schema.RecordFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.avro.AvroParquetWriter;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.io.LocalOutputFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RowFilesTest {
  static final Schema MAIL =
      SchemaBuilder.record("Mail")
          .fields()
          .requiredString("text")
          .optionalLong("sent")
          .requiredBytes("raw")
          .endRecord();

  @TempDir private Path folder;

  @Test
  void aJsonlRowIsItsLineAndBlankLinesAreNone() throws Exception {
    Path file = Files.writeString(folder.resolve("a.jsonl"), "{\"text\":\"one\"}\n\n  \n{\"b\":2}");
    assertThat(texts(file)).containsExactly("{\"text\":\"one\"}", "{\"b\":2}");
  }

  @Test
  void aJsonlLineThatIsNoObjectIsTheErrorOfItsRow() throws Exception {
    Path file = Files.writeString(folder.resolve("a.jsonl"), "{broken\n[1]\n{\"text\":\"fine\"}\n");
    List<Row> rows = rows(file);
    assertThatThrownBy(() -> rows.get(0).fields())
        .isInstanceOf(RecordFormatException.class)
        .hasMessageContaining("not well-formed JSON");
    assertThatThrownBy(() -> rows.get(1).fields()).hasMessageContaining("no JSON object");
    assertThat(rows.get(2).fields().get("text").textValue()).isEqualTo("fine");
  }

  @Test
  void aByteThatIsNotUtf8DoesNotEndTheFile() throws Exception {
    byte[] lines = "{\"text\":\"a?b\"}\n{\"text\":\"two\"}\n".getBytes(StandardCharsets.UTF_8);
    lines[10] = (byte) 0xFF;
    Path file = Files.write(folder.resolve("a.jsonl"), lines);
    assertThat(texts(file)).containsExactly("{\"text\":\"a\uFFFDb\"}", "{\"text\":\"two\"}");
  }

  @Test
  void aCsvRowHasTheHeadersColumnsAndQuotedCellsKeepCommasAndLineEnds() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("a.csv"), "\uFEFFid,text\n1,\"Hello, \"\"you\"\"\nthere\"\n2,\n");
    assertThat(texts(file))
        .containsExactly(
            "{\"id\":\"1\",\"text\":\"Hello, \\\"you\\\"\\nthere\"}",
            "{\"id\":\"2\",\"text\":\"\"}");
  }

  @Test
  void aCsvLineWithTooManyCellsIsTheErrorOfItsRow() throws Exception {
    Path file = Files.writeString(folder.resolve("a.csv"), "id,text\n1,a,b\n2,fine\n");
    List<Row> rows = rows(file);
    assertThatThrownBy(() -> rows.get(0).fields())
        .hasMessageContaining("the line has 3 cells, the header 2");
    assertThat(rows.get(1).fields().get("text").textValue()).isEqualTo("fine");
  }

  @Test
  void anAvroFileAndAParquetFileOfTheSameRecordsHaveTheSameRows() throws Exception {
    Path avro = folder.resolve("a.avro");
    Path parquet = folder.resolve("a.parquet");
    writeAvro(avro, mail("one", 5L), mail("two", null));
    writeParquet(parquet, mail("one", 5L), mail("two", null));
    assertThat(texts(avro))
        .containsExactly(
            "{\"text\":\"one\",\"sent\":5,\"raw\":\"AQI=\"}",
            "{\"text\":\"two\",\"sent\":null,\"raw\":\"AQI=\"}");
    assertThat(texts(parquet)).isEqualTo(texts(avro));
  }

  @Test
  void aDamagedAvroFileIsAnErrorThatNamesIt() throws Exception {
    Path avro = folder.resolve("a.avro");
    writeAvro(avro, mail("one", 5L));
    byte[] bytes = Files.readAllBytes(avro);
    bytes[bytes.length - 5] ^= 0x55;
    Files.write(avro, bytes);
    assertThatThrownBy(() -> rows(avro))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("a.avro is damaged");
  }

  static GenericRecord mail(String text, Long sent) {
    GenericRecord record = new GenericData.Record(MAIL);
    record.put("text", text);
    record.put("sent", sent);
    record.put("raw", ByteBuffer.wrap(new byte[] {1, 2}));
    return record;
  }

  static void writeAvro(Path file, GenericRecord... records) throws IOException {
    try (DataFileWriter<GenericRecord> writer =
        new DataFileWriter<>(new GenericDatumWriter<GenericRecord>(MAIL))
            .create(MAIL, file.toFile())) {
      for (GenericRecord record : records) {
        writer.append(record);
      }
    }
  }

  static void writeParquet(Path file, GenericRecord... records) throws IOException {
    try (ParquetWriter<GenericRecord> writer =
        AvroParquetWriter.<GenericRecord>builder(new LocalOutputFile(file))
            .withConf(new PlainParquetConfiguration())
            .withSchema(MAIL)
            .withDataModel(GenericData.get())
            .build()) {
      for (GenericRecord record : records) {
        writer.write(record);
      }
    }
  }

  static List<Row> rows(Path file) throws IOException {
    List<Row> rows = new ArrayList<>();
    try (RowReader reader = RowReader.open(file, FileFormat.of(file).orElseThrow())) {
      for (Optional<Row> row = reader.next(); row.isPresent(); row = reader.next()) {
        rows.add(row.get());
      }
    }
    return rows;
  }

  static List<String> texts(Path file) throws IOException {
    return rows(file).stream().map(Row::text).toList();
  }
}
