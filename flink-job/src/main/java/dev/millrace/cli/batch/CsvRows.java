package dev.millrace.cli.batch;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Comma-separated values (RFC 4180), the first line with the columns' names. All are texts. */
final class CsvRows implements RowReader {
  private static final CsvMapper CSV =
      CsvMapper.builder()
          .enable(CsvParser.Feature.WRAP_AS_ARRAY)
          .enable(CsvParser.Feature.SKIP_EMPTY_LINES)
          .build();

  private final MappingIterator<String[]> lines;
  private final List<String> columns;

  CsvRows(Path file) throws IOException {
    lines =
        CSV.readerFor(String[].class)
            .readValues(new InputStreamReader(Files.newInputStream(file), UTF_8));
    columns = lines.hasNextValue() ? List.of(withoutMark(lines.nextValue())) : List.of();
  }

  /** The columns' names, in their order. */
  static List<String> columns(Path file) throws IOException {
    try (CsvRows rows = new CsvRows(file)) {
      return rows.columns;
    }
  }

  @Override
  public Optional<Row> next() throws IOException {
    return lines.hasNextValue() ? Optional.of(row(lines.nextValue())) : Optional.empty();
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }

  private Row row(String[] cells) {
    if (cells.length != columns.size()) {
      return Row.broken(
          Arrays.toString(cells),
          "the line has %d cells, the header %d: quote cells that contain commas or line ends"
              .formatted(cells.length, columns.size()));
    }
    ObjectNode fields = JsonNodeFactory.instance.objectNode();
    for (int i = 0; i < cells.length; i++) {
      fields.put(columns.get(i), cells[i]);
    }
    return Row.of(fields);
  }

  /** Spreadsheets begin a UTF-8 file with a byte order mark, which is no part of the name. */
  private static String[] withoutMark(String[] header) {
    if (header.length > 0 && header[0].startsWith("\uFEFF")) {
      header[0] = header[0].substring(1);
    }
    return header;
  }
}
