package dev.millrace.cli.batch;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.RecordFormatException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** JSONL: the row's object with the answer's columns added; those without a value are left out. */
final class JsonlAnswers implements AnswerWriter {
  private final BufferedWriter lines;
  private final List<AnswerColumn> columns;

  JsonlAnswers(Path file, List<AnswerColumn> columns) throws IOException {
    this.lines = Files.newBufferedWriter(file, UTF_8);
    this.columns = columns;
  }

  @Override
  public void write(RowKey key, Row row, GenerationResult answer) throws IOException {
    lines.write(merged(row, answer).toString());
    lines.write('\n');
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }

  private ObjectNode merged(Row row, GenerationResult answer) {
    ObjectNode fields;
    try {
      fields = row.fields();
    } catch (RecordFormatException e) {
      throw new IllegalStateException("a row that was answered is no row any more", e);
    }
    for (AnswerColumn column : columns) {
      Object value = column.value().apply(answer);
      if (value != null) {
        fields.putPOJO(column.name(), value);
      }
    }
    return fields;
  }
}
