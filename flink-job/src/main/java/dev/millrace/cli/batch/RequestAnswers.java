package dev.millrace.cli.batch;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.cli.jsonl.OpenAiAnswerLine;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.NaturalJson;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** JSONL: for a line of an OpenAI batch one of its output file, else the result as it is. */
final class RequestAnswers implements AnswerWriter {
  private static final NaturalJson<GenerationResult> JSON = NaturalJson.of(GenerationResult.class);

  private final BufferedWriter lines;

  RequestAnswers(Path file) throws IOException {
    lines = Files.newBufferedWriter(file, UTF_8);
  }

  @Override
  public void write(RowKey key, Row row, GenerationResult answer) throws IOException {
    lines.write(
        OpenAiAnswerLine.isAskedForBy(row.text())
            ? OpenAiAnswerLine.of(key.toString(), answer)
            : JSON.write(answer));
    lines.write('\n');
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
