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
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.agrona.collections.LongHashSet;

/**
 * Counts a run's outcomes while the sink writes them, before they are committed: for a person who
 * watches, not for the books. A row counts once, also if a file that a killed process left behind
 * has an outcome of it that no checkpoint knows. Not safe for use by several threads.
 */
final class OutcomeTail {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  // A file keeps this part of its name when it is finished.
  private static final Pattern PART = Pattern.compile("(part-[^.]+)");

  private static final int MOST_BYTES = 1 << 24;

  private final Path folder;
  private final Instant begun;
  private final Map<String, Long> read = new HashMap<>();
  private final LongHashSet rows = new LongHashSet();
  private long tokens;

  private OutcomeTail(Path folder, Instant begun) {
    this.folder = folder;
    this.begun = begun;
  }

  /**
   * Counts what a run has written and goes on writing.
   *
   * @param begun when the run was planned: what is older belongs to another
   */
  static OutcomeTail of(Path folder, Instant begun) throws IOException {
    OutcomeTail tail = new OutcomeTail(folder, begun);
    tail.poll();
    return tail;
  }

  /** Rows with a completion or a dead letter. */
  long outcomes() {
    return rows.size();
  }

  /** Completion tokens. */
  long tokens() {
    return tokens;
  }

  /** Looks for new lines. */
  void poll() throws IOException {
    for (Path file : files()) {
      Matcher part = PART.matcher(file.getFileName().toString());
      if (part.find() && isOfThisRun(file)) {
        read(file, part.group(1));
      }
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  private boolean isOfThisRun(Path file) throws IOException {
    try {
      return !Files.getLastModifiedTime(file).toInstant().isBefore(begun);
    } catch (NoSuchFileException e) {
      return false; // renamed since the look; it is there next time
    }
  }

  private void read(Path file, String part) throws IOException {
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      int end;
      do {
        long from = read.getOrDefault(part, 0L);
        in.seek(from);
        byte[] news = new byte[(int) Math.min(MOST_BYTES, Math.max(0, in.length() - from))];
        in.readFully(news);
        end = lastLineEnd(news);
        new String(news, 0, end, UTF_8).lines().forEach(this::count);
        read.put(part, from + end);
      } while (end > 0);
    } catch (FileNotFoundException e) {
      // renamed between the look and the opening; it is there next time
    }
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
    if (outcome.kind() == OutcomeKind.LATENCY
        || outcome.at() < begun.toEpochMilli()
        || !rows.add(outcome.key().bits())) {
      return;
    }
    if (outcome.kind() == OutcomeKind.COMPLETION) {
      try {
        tokens += JSON.readTree(outcome.json()).path("completion_tokens").asLong();
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("damaged outcome of row " + outcome.key(), e);
      }
    }
  }
}
