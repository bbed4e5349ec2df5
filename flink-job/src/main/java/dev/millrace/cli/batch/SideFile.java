package dev.millrace.cli.batch;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A file of lines beside the answers, about a few of the rows. It is there as a whole, or not at
 * all if it has no line. Not safe for use by several threads.
 */
final class SideFile implements Closeable {
  private final Path file;
  private final Path draft;
  private final BufferedWriter lines;
  private boolean empty = true;

  /** Begins a draft; {@link #publish} makes it the file. */
  SideFile(Path file) throws IOException {
    this.file = file;
    draft = Merge.draft(file);
    lines = Files.newBufferedWriter(draft, UTF_8);
  }

  void add(String line) throws IOException {
    lines.write(line);
    lines.write('\n');
    empty = false;
  }

  /** Takes the place of what an earlier run wrote. */
  void publish() throws IOException {
    lines.close();
    if (empty) {
      Files.deleteIfExists(file);
    } else {
      Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  @Override
  public void close() throws IOException {
    lines.close();
    Files.deleteIfExists(draft);
  }
}
