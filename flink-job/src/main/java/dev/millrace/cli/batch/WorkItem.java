package dev.millrace.cli.batch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.millrace.job.record.Bytes;
import dev.millrace.job.record.PromptRecord;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A row still to be answered: a line of a work file, its parts separated by tabs.
 *
 * @param request on one line of JSON, which has no tabs of its own
 */
record WorkItem(RowKey key, String file, long row, String request) {
  private static final int PARTS = 4;

  WorkItem {
    requireNonNull(key, "key");
    requireNonNull(file, "file");
    requireNonNull(request, "request");
  }

  static WorkItem parse(String line) {
    String[] parts = line.split("\t", PARTS);
    if (parts.length < PARTS) {
      throw new IllegalArgumentException("no line of a work file: " + line);
    }
    return new WorkItem(RowKey.parse(parts[0]), parts[1], Long.parseLong(parts[2]), parts[3]);
  }

  String line() {
    return key + "\t" + file.replace('\t', ' ') + "\t" + row + "\t" + request;
  }

  /** What the job reads: the key joins it with its outcome, the place is for people. */
  PromptRecord prompt(long now) {
    return new PromptRecord(
        file,
        0,
        row,
        OptionalLong.of(now),
        Optional.of(Bytes.utf8(key.toString())),
        Optional.of(Bytes.of(request.getBytes(UTF_8))),
        List.of(),
        now);
  }
}
