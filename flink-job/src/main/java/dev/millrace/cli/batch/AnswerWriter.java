package dev.millrace.cli.batch;

import dev.millrace.schema.GenerationResult;
import java.io.Closeable;
import java.io.IOException;

/** Writes rows with their answers to one file. Not safe for use by several threads. */
interface AnswerWriter extends Closeable {
  void write(RowKey key, Row row, GenerationResult answer) throws IOException;
}
