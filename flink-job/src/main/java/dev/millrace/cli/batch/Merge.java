package dev.millrace.cli.batch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import dev.millrace.cli.batch.Inputs.InputFile;
import dev.millrace.cli.jsonl.OpenAiAnswerLine;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.NaturalJson;
import dev.millrace.schema.RecordFormatException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Brings rows and outcomes together, in the input's order. Every file appears whole, under its name
 * only when it is complete. Not safe for use by several threads.
 */
final class Merge {
  private static final NaturalJson<GenerationResult> RESULTS =
      NaturalJson.of(GenerationResult.class);
  private static final NaturalJson<DeadLetter> LETTERS = NaturalJson.of(DeadLetter.class);

  private final Inputs inputs;
  private final Outputs outputs;
  private final OutcomeIndex outcomes;
  private final BatchStatistics statistics;

  Merge(Inputs inputs, Outputs outputs, OutcomeIndex outcomes, BatchStatistics statistics) {
    this.inputs = requireNonNull(inputs, "inputs");
    this.outputs = requireNonNull(outputs, "outputs");
    this.outcomes = requireNonNull(outcomes, "outcomes");
    this.statistics = requireNonNull(statistics, "statistics");
  }

  /** Writes the answers of all files, and the errors; no errors file if there are none. */
  void write() throws IOException {
    Path errorsDraft = draft(outputs.errors());
    try (BufferedWriter errors = Files.newBufferedWriter(errorsDraft, UTF_8)) {
      for (InputFile file : inputs.files()) {
        Path target = outputs.answers(file);
        Path draft = draft(target);
        write(file, draft, errors);
        Files.move(draft, target, StandardCopyOption.REPLACE_EXISTING);
      }
    }
    if (statistics.failed() > 0) {
      Files.move(errorsDraft, outputs.errors(), StandardCopyOption.REPLACE_EXISTING);
    } else {
      Files.delete(errorsDraft);
      Files.deleteIfExists(outputs.errors());
    }
  }

  private void write(InputFile file, Path draft, BufferedWriter errors) throws IOException {
    try (RowReader rows = file.open();
        AnswerWriter answers = outputs.writer(file, draft)) {
      long number = 0;
      for (Optional<Row> row = rows.next(); row.isPresent(); row = rows.next()) {
        RowKey key = RowKey.of(file.name(), number, row.get());
        Optional<OutcomeLine> completion = outcomes.completion(key);
        if (completion.isPresent()) {
          GenerationResult answer = parsed(RESULTS, completion.get());
          answers.write(key, row.get(), answer);
          statistics.answered(row.get(), answer, completion.get().at());
        } else {
          Optional<OutcomeLine> letter = outcomes.deadLetter(key);
          if (letter.isPresent()) {
            error(file, number, key, row.get(), parsed(LETTERS, letter.get()), errors);
          } else {
            statistics.countMissing();
          }
        }
        number++;
      }
    }
  }

  private void error(
      InputFile file, long number, RowKey key, Row row, DeadLetter letter, BufferedWriter errors)
      throws IOException {
    statistics.failed(letter);
    errors.write(
        OpenAiAnswerLine.isAskedForBy(row.text())
            ? OpenAiAnswerLine.of(key.toString(), row.text(), letter)
            : line(file, number, row, letter));
    errors.write('\n');
  }

  private static String line(InputFile file, long number, Row row, DeadLetter letter) {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("file", file.name()).put("row", number + 1);
    line.put("code", letter.getCode()).put("message", letter.getMessage());
    try {
      row.fields();
      line.putRawValue("input", new RawValue(row.text()));
    } catch (RecordFormatException e) {
      line.put("input", row.text());
    }
    return line.toString();
  }

  private static <T extends SpecificRecordBase> T parsed(NaturalJson<T> form, OutcomeLine outcome)
      throws IOException {
    try {
      return form.read(outcome.json().getBytes(UTF_8));
    } catch (RecordFormatException e) {
      throw new IOException("damaged outcome of row " + outcome.key() + ": " + e.getMessage(), e);
    }
  }

  private static Path draft(Path target) throws IOException {
    Files.createDirectories(target.toAbsolutePath().getParent());
    return target.resolveSibling("." + target.getFileName() + ".draft");
  }
}
