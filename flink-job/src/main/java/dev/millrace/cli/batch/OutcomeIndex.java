package dev.millrace.cli.batch;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.agrona.collections.Long2LongHashMap;

/**
 * Where in the outcome files each row's outcome is. Holds 16 bytes and a little for each row,
 * whatever the length of the answers. Not safe for use by several threads.
 */
final class OutcomeIndex implements Closeable {
  private static final long NOWHERE = -1;
  private static final int OFFSET_BITS = 44; // 16 TiB a file, half a million files

  private final List<RandomAccessFile> files = new ArrayList<>();
  private final Long2LongHashMap completions = new Long2LongHashMap(NOWHERE);
  private final Long2LongHashMap deadLetters = new Long2LongHashMap(NOWHERE);

  private OutcomeIndex() {}

  /**
   * Reads all files once.
   *
   * @param each given every line in passing
   */
  static OutcomeIndex read(List<Path> outcomeFiles, Consumer<OutcomeLine> each) throws IOException {
    OutcomeIndex index = new OutcomeIndex();
    try {
      for (Path file : outcomeFiles) {
        index.files.add(new RandomAccessFile(file.toFile(), "r"));
        index.read(file, index.files.size() - 1, each);
      }
      return index;
    } catch (IOException | RuntimeException e) {
      index.close();
      throw e;
    }
  }

  static OutcomeIndex read(List<Path> outcomeFiles) throws IOException {
    return read(outcomeFiles, line -> {});
  }

  boolean isCompleted(RowKey key) {
    return completions.get(key.bits()) != NOWHERE;
  }

  /** The row's completion; empty if it has none. */
  Optional<OutcomeLine> completion(RowKey key) throws IOException {
    return at(completions.get(key.bits()));
  }

  /** The row's last dead letter; empty if it has none. */
  Optional<OutcomeLine> deadLetter(RowKey key) throws IOException {
    return at(deadLetters.get(key.bits()));
  }

  @Override
  public void close() throws IOException {
    for (RandomAccessFile file : files) {
      file.close();
    }
  }

  private void read(Path file, int number, Consumer<OutcomeLine> each) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      long offset = 0;
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      for (int b = in.read(); b >= 0; b = in.read()) {
        if (b == '\n') {
          OutcomeLine outcome = OutcomeLine.parse(line.toString(UTF_8));
          add(outcome, ((long) number << OFFSET_BITS) | offset);
          each.accept(outcome);
          offset += line.size() + 1L;
          line.reset();
        } else {
          line.write(b);
        }
      }
    }
  }

  private void add(OutcomeLine outcome, long position) {
    long key = outcome.key().bits();
    switch (outcome.kind()) {
      case COMPLETION -> completions.putIfAbsent(key, position);
      case DEAD_LETTER -> deadLetters.put(key, position);
      case LATENCY -> {} // belongs to a completion
    }
  }

  private Optional<OutcomeLine> at(long position) throws IOException {
    if (position == NOWHERE) {
      return Optional.empty();
    }
    RandomAccessFile file = files.get((int) (position >>> OFFSET_BITS));
    file.seek(position & ((1L << OFFSET_BITS) - 1));
    return Optional.of(OutcomeLine.parse(readLine(file)));
  }

  private static String readLine(RandomAccessFile file) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    byte[] buffer = new byte[4096];
    for (int count = file.read(buffer); count > 0; count = file.read(buffer)) {
      for (int i = 0; i < count; i++) {
        if (buffer[i] == '\n') {
          line.write(buffer, 0, i);
          return line.toString(UTF_8);
        }
      }
      line.write(buffer, 0, count);
    }
    return line.toString(UTF_8);
  }
}
