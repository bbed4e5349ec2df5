package dev.millrace.cli.batch;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Counts outcomes while the sink writes them, before they are committed: for a person who watches,
 * not for the books. Not safe for use by several threads.
 */
final class OutcomeTail {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  // A file keeps this part of its name when it is finished.
  private static final Pattern PART = Pattern.compile("(part-[^.]+)");

  private static final long MOST_BYTES = 1 << 24;

  private final Path folder;
  private final Map<String, Long> read = new HashMap<>();
  private long outcomes;
  private long tokens;

  private OutcomeTail(Path folder) {
    this.folder = folder;
  }

  /** Counts what is written from now on. */
  static OutcomeTail fromNow(Path folder) throws IOException {
    OutcomeTail tail = new OutcomeTail(folder);
    for (Path file : tail.files()) {
      Matcher part = PART.matcher(file.getFileName().toString());
      if (part.find()) {
        tail.read.put(part.group(1), size(file));
      }
    }
    return tail;
  }

  /** Completions and dead letters. */
  long outcomes() {
    return outcomes;
  }

  /** Completion tokens. */
  long tokens() {
    return tokens;
  }

  /** Looks for new lines. */
  void poll() throws IOException {
    for (Path file : files()) {
      Matcher part = PART.matcher(file.getFileName().toString());
      if (part.find()) {
        read(file, part.group(1));
      }
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  /** Its length; 0 if it has just been renamed, so that it is counted twice rather than never. */
  private static long size(Path file) throws IOException {
    try {
      return Files.size(file);
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  private void read(Path file, String part) throws IOException {
    long from = read.getOrDefault(part, 0L);
    byte[] news;
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      in.seek(from);
      news = new byte[(int) Math.min(MOST_BYTES, Math.max(0, in.length() - from))];
      in.readFully(news);
    } catch (FileNotFoundException e) {
      return; // renamed between the look and the opening; it is there next time
    }
    int end = lastLineEnd(news);
    new String(news, 0, end, UTF_8).lines().forEach(this::count);
    read.put(part, from + end);
  }

  private static int lastLineEnd(byte[] bytes) {
    int end = bytes.length;
    while (end > 0 && bytes[end - 1] != '\n') {
      end--;
    }
    return end;
  }

  private void count(String line) {
    OutcomeLine outcome = OutcomeLine.parse(line);
    if (outcome.kind() == OutcomeKind.LATENCY) {
      return;
    }
    outcomes++;
    if (outcome.kind() == OutcomeKind.COMPLETION) {
      try {
        tokens += JSON.readTree(outcome.json()).path("completion_tokens").asLong();
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("damaged outcome of row " + outcome.key(), e);
      }
    }
  }
}
