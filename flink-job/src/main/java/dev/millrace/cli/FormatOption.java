package dev.millrace.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.engine.ResponseFormat;
import dev.millrace.engine.constrain.grammar.Grammar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that hold the answer to a form; at most one of them is given. */
final class FormatOption {
  @Option(
      names = "--choice",
      paramLabel = "TEXT",
      split = ",",
      description = "The answer is one of these texts, and each one's probability is told.")
  private List<String> choice = List.of();

  @Option(
      names = "--regex",
      paramLabel = "PATTERN",
      description = "The whole answer matches this pattern.")
  private Optional<String> regex = Optional.empty();

  @Option(
      names = "--json-schema",
      paramLabel = "FILE",
      description = "The answer is a JSON value that this JSON Schema holds valid.")
  private Optional<Path> jsonSchema = Optional.empty();

  /**
   * The form that is asked for.
   *
   * @throws IllegalArgumentException if it cannot be guaranteed
   * @throws CommandException if the schema cannot be read
   */
  Optional<ResponseFormat> format() {
    Optional<ResponseFormat> format =
        choice.isEmpty()
            ? regex.<ResponseFormat>map(ResponseFormat.Regex::new).or(this::schema)
            : Optional.of(new ResponseFormat.Choice(choice));
    format.ifPresent(Grammar::check);
    return format;
  }

  private Optional<ResponseFormat> schema() {
    return jsonSchema.map(file -> new ResponseFormat.JsonSchema(read(file)));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, UTF_8);
    } catch (IOException e) {
      throw new CommandException("cannot read the JSON Schema " + file + ": " + e, e);
    }
  }
}
