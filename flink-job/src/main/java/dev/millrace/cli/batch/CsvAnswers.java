package dev.millrace.cli.batch;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SequenceWriter;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.RecordFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** CSV with a header: the row's columns, then the answer's. What is no text is written as JSON. */
final class CsvAnswers implements AnswerWriter {
  private static final CsvMapper CSV = new CsvMapper();

  private final List<String> inputColumns;
  private final List<AnswerColumn> answerColumns;
  private final SequenceWriter lines;

  CsvAnswers(Path file, List<String> inputColumns, List<AnswerColumn> answerColumns)
      throws IOException {
    this.inputColumns = inputColumns;
    this.answerColumns = answerColumns;
    CsvSchema.Builder schema = CsvSchema.builder().setUseHeader(true);
    inputColumns.forEach(schema::addColumn);
    answerColumns.forEach(column -> schema.addColumn(column.name()));
    this.lines =
        CSV.writer(schema.build()).writeValues(Files.newBufferedWriter(file, UTF_8)).init(false);
  }

  @Override
  public void write(RowKey key, Row row, GenerationResult answer) throws IOException {
    ObjectNode fields = fields(row);
    ObjectNode line = CSV.createObjectNode();
    for (String column : inputColumns) {
      line.put(column, cell(fields.path(column)));
    }
    for (AnswerColumn column : answerColumns) {
      Object value = column.value().apply(answer);
      line.put(column.name(), value == null ? "" : value.toString());
    }
    lines.write(line);
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }

  private static ObjectNode fields(Row row) {
    try {
      return row.fields();
    } catch (RecordFormatException e) {
      throw new IllegalStateException("a row that was answered is no row any more", e);
    }
  }

  private static String cell(JsonNode value) {
    if (value.isMissingNode() || value.isNull()) {
      return "";
    }
    return value.isTextual() ? value.textValue() : value.toString();
  }
}
