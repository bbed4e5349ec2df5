package dev.millrace.cli.batch;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.NaturalJson;
import dev.millrace.schema.RecordFormatException;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.List;
import java.util.UUID;

/**
 * Dead letters of rows that cannot become requests at all: an outcome file like those of the job,
 * visible as such once it is closed. Not safe for use by several threads.
 */
final class Refusals implements Closeable {
  private static final NaturalJson<DeadLetter> JSON = NaturalJson.of(DeadLetter.class);

  private final Clock clock = Clock.systemUTC();
  private final Path draft;
  private final Path file;
  private final BufferedWriter lines;
  private long count;

  Refusals(Path outcomes) throws IOException {
    String name = "refused-" + UUID.randomUUID();
    file = outcomes.resolve(name);
    draft = outcomes.resolve("." + name);
    lines = Files.newBufferedWriter(draft, UTF_8);
  }

  void add(RowKey key, String inputFile, long number, Row row, RecordFormatException why)
      throws IOException {
    DeadLetter letter = new DeadLetter();
    letter.setTopic(inputFile);
    letter.setOffset(number);
    letter.setValue(ByteBuffer.wrap(row.text().getBytes(UTF_8)));
    letter.setHeaders(List.of());
    letter.setStage(why.code().stage());
    letter.setCode(why.code().name());
    letter.setMessage(why.getMessage());
    lines.write(
        new OutcomeLine(OutcomeKind.DEAD_LETTER, key, clock.millis(), JSON.write(letter)).line());
    lines.write('\n');
    count++;
  }

  long count() {
    return count;
  }

  @Override
  public void close() throws IOException {
    lines.close();
    if (count == 0) {
      Files.delete(draft);
    } else {
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    }
  }
}
