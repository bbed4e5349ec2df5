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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.TreeMap;
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
  private final RowRequests requests;
  private final OutcomeIndex outcomes;
  private final BatchStatistics statistics;

  /**
   * @param requests says which answers a person should look at
   */
  Merge(
      Inputs inputs,
      Outputs outputs,
      RowRequests requests,
      OutcomeIndex outcomes,
      BatchStatistics statistics) {
    this.inputs = requireNonNull(inputs, "inputs");
    this.outputs = requireNonNull(outputs, "outputs");
    this.requests = requireNonNull(requests, "requests");
    this.outcomes = requireNonNull(outcomes, "outcomes");
    this.statistics = requireNonNull(statistics, "statistics");
  }

  /** Writes the answers of all files, the errors, and what is to be reviewed. */
  void write() throws IOException {
    try (SideFile errors = new SideFile(outputs.errors());
        SideFile review = new SideFile(outputs.review())) {
      for (InputFile file : inputs.files()) {
        Path target = outputs.answers(file);
        Path draft = draft(target);
        write(file, draft, errors, review);
        Files.move(draft, target, StandardCopyOption.REPLACE_EXISTING);
      }
      errors.publish();
      review.publish();
    }
  }

  private void write(InputFile file, Path draft, SideFile errors, SideFile review)
      throws IOException {
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
          if (isDoubtful(row.get(), answer)) {
            statistics.countDoubtful();
            review.add(reviewLine(file, number, row.get(), answer));
          }
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
      InputFile file, long number, RowKey key, Row row, DeadLetter letter, SideFile errors)
      throws IOException {
    statistics.failed(letter);
    errors.add(
        OpenAiAnswerLine.isAskedForBy(row.text())
            ? OpenAiAnswerLine.of(key.toString(), row.text(), letter)
            : errorLine(file, number, row, letter));
  }

  private static String errorLine(InputFile file, long number, Row row, DeadLetter letter) {
    ObjectNode line = place(file, number);
    line.put("code", letter.getCode()).put("message", letter.getMessage());
    return withInput(line, row);
  }

  private boolean isDoubtful(Row row, GenerationResult answer) {
    return answer.getMargin().filter(margin -> margin < requests.reviewBelow(row)).isPresent();
  }

  private static String reviewLine(InputFile file, long number, Row row, GenerationResult answer) {
    ObjectNode line = place(file, number);
    line.put("label", answer.getText()).put("margin", answer.getMargin().orElseThrow());
    ObjectNode scores = line.putObject("scores");
    answer.getLabelScores().ifPresent(given -> new TreeMap<>(given).forEach(scores::put));
    return withInput(line, row);
  }

  private static ObjectNode place(InputFile file, long number) {
    return JsonNodeFactory.instance.objectNode().put("file", file.name()).put("row", number + 1);
  }

  private static String withInput(ObjectNode line, Row row) {
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

  /** Where a file is written until it is whole. */
  static Path draft(Path target) throws IOException {
    Files.createDirectories(target.toAbsolutePath().getParent());
    return target.resolveSibling("." + target.getFileName() + ".draft");
  }
}
