package dev.millrace.cli.batch;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.schema.RecordFormatException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A JSON object a line. Blank lines are no rows; bytes that are not UTF-8 become U+FFFD. */
final class JsonlRows implements RowReader {
  private final BufferedReader lines;

  JsonlRows(Path file) throws IOException {
    // Unlike Files.newBufferedReader this does not give up the whole file for one bad byte.
    lines = new BufferedReader(new InputStreamReader(Files.newInputStream(file), UTF_8));
  }

  /** The columns of the first row that is an object. */
  static List<String> columns(Path file) throws IOException {
    try (JsonlRows rows = new JsonlRows(file)) {
      for (Optional<Row> row = rows.next(); row.isPresent(); row = rows.next()) {
        try {
          return row.get().fields().properties().stream().map(Map.Entry::getKey).toList();
        } catch (RecordFormatException e) {
          // an error of that row alone
        }
      }
      return List.of();
    }
  }

  @Override
  public Optional<Row> next() throws IOException {
    String line = lines.readLine();
    while (line != null && line.isBlank()) {
      line = lines.readLine();
    }
    return Optional.ofNullable(line).map(Row::of);
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
