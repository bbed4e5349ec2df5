package dev.millrace.cli.batch;

import dev.millrace.cli.batch.Inputs.InputFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.avro.Schema;

/**
 * Where a batch writes: one file, or a folder that mirrors the input's.
 *
 * <pre>
 * OUTPUT a file      answers.csv     answers.errors.jsonl     answers.report.html   .answers.csv.batch/
 *                                    answers.review.jsonl
 * OUTPUT a folder    DIR/input.csv   DIR/errors.jsonl         DIR/report.html       DIR/.batch/
 *                                    DIR/review.jsonl
 * </pre>
 */
public final class Outputs {
  private final Path output;
  private final boolean isFolder;
  private final Optional<List<AnswerColumn>> columns;

  private Outputs(Path output, boolean isFolder, Optional<List<AnswerColumn>> columns) {
    this.output = output;
    this.isFolder = isFolder;
    this.columns = columns;
  }

  /** Outputs of rows that are requests: results, one a line. */
  static Outputs ofResults(Inputs inputs, Path output) throws IOException {
    return checked(inputs, output, Optional.empty());
  }

  /** Outputs of rows with the answers' columns beside their own. */
  static Outputs ofRows(Inputs inputs, Path output, List<AnswerColumn> columns) throws IOException {
    return checked(inputs, output, Optional.of(columns));
  }

  private static Outputs checked(Inputs inputs, Path output, Optional<List<AnswerColumn>> columns)
      throws IOException {
    boolean isFolder = inputs.isFolder() || Files.isDirectory(output);
    if (!isFolder && FileFormat.of(output).isEmpty()) {
      throw new IOException(
          output
              + " has no extension that tells its format: one of "
              + FileFormat.known()
              + "; or make the folder first to write into it");
    }
    Outputs outputs = new Outputs(output.toAbsolutePath(), isFolder, columns);
    for (InputFile file : inputs.files()) {
      outputs.requirePossible(file);
    }
    return outputs;
  }

  /** What the batch keeps between its runs. */
  Path batchFolder() {
    return isFolder
        ? output.resolve(".batch")
        : output.resolveSibling("." + output.getFileName() + ".batch");
  }

  /** What could not be answered, and why. */
  public Path errors() {
    return isFolder ? output.resolve("errors.jsonl") : sibling(".errors.jsonl");
  }

  /** Labels that a person should look at. */
  public Path review() {
    return isFolder ? output.resolve("review.jsonl") : sibling(".review.jsonl");
  }

  /** How the batch went, for a browser. */
  public Path report() {
    return isFolder ? output.resolve("report.html") : sibling(".report.html");
  }

  /** The answers, for a person. */
  public Path answers() {
    return output;
  }

  Path answers(InputFile file) {
    return isFolder ? output.resolve(file.name()) : output;
  }

  /** Opens a draft of a file's answers. */
  AnswerWriter writer(InputFile file, Path draft) throws IOException {
    if (columns.isEmpty()) {
      return new RequestAnswers(draft);
    }
    FileFormat format = FileFormat.of(answers(file)).orElseThrow();
    return switch (format) {
      case JSONL -> new JsonlAnswers(draft, columns.get());
      case CSV -> new CsvAnswers(draft, inputColumns(file), columns.get());
      case AVRO -> new AvroAnswers(draft, new ExtendedSchema(schema(file), columns.get()));
      case PARQUET -> new ParquetAnswers(draft, new ExtendedSchema(schema(file), columns.get()));
    };
  }

  private void requirePossible(InputFile file) throws IOException {
    FileFormat format = FileFormat.of(answers(file)).orElseThrow();
    require(!answers(file).equals(file.path().toAbsolutePath()), "it is the input itself");
    if (columns.isEmpty()) {
      require(format == FileFormat.JSONL, "results of requests are JSON: name a .jsonl file");
      return;
    }
    require(
        !format.hasSchema() || file.format().hasSchema(),
        "%s has no schema to extend: name a .jsonl or .csv file".formatted(file.name()));
    List<String> names = new ArrayList<>(inputColumns(file));
    names.retainAll(columns.get().stream().map(AnswerColumn::name).toList());
    require(
        names.isEmpty(),
        "%s already has a column '%s': name another with --into"
            .formatted(file.name(), String.join("', '", names)));
  }

  private void require(boolean holds, String problem) throws IOException {
    if (!holds) {
      throw new IOException("cannot write to " + output + ": " + problem);
    }
  }

  /** Names of the input's columns; of JSONL those of its first row. */
  private static List<String> inputColumns(InputFile file) throws IOException {
    return switch (file.format()) {
      case CSV -> CsvRows.columns(file.path());
      case AVRO, PARQUET -> schema(file).getFields().stream().map(Schema.Field::name).toList();
      case JSONL -> JsonlRows.columns(file.path());
    };
  }

  private static Schema schema(InputFile file) throws IOException {
    return file.format() == FileFormat.AVRO
        ? AvroRows.schema(file.path())
        : ParquetRows.schema(file.path());
  }

  private Path sibling(String ending) {
    String name = output.getFileName().toString();
    return output.resolveSibling(name.substring(0, name.lastIndexOf('.')) + ending);
  }
}
