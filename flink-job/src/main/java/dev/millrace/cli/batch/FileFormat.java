package dev.millrace.cli.batch;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** How rows are stored in a file, known by the file's extension. */
enum FileFormat {
  JSONL(".jsonl"),
  CSV(".csv"),
  AVRO(".avro"),
  PARQUET(".parquet");

  private final String extension;

  FileFormat(String extension) {
    this.extension = extension;
  }

  /** The format of a file's extension; empty if no format has it. */
  static Optional<FileFormat> of(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return Arrays.stream(values()).filter(format -> name.endsWith(format.extension)).findFirst();
  }

  /** Whether every row has the columns of one Avro schema, with their types. */
  boolean hasSchema() {
    return this == AVRO || this == PARQUET;
  }

  /** All extensions, for an error's text. */
  static String known() {
    return Arrays.stream(values())
        .map(format -> format.extension)
        .collect(Collectors.joining(", "));
  }
}
