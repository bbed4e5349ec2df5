package dev.millrace.cli.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a person who watches a batch is told to be done. */
final class OutcomeTailTest {
  private static final Instant BEGUN = Instant.ofEpochMilli(10_000);

  @TempDir private Path folder;

  @Test
  void aRunThatGoesOnBeginsWithWhatItsFilesHaveCommittedOrNot() throws Exception {
    write("part-a-0", completion(1, 11_000, 5), latency(1, 11_000));
    write(".part-a-1.inprogress.x", completion(2, 12_000, 7), deadLetter(3, 12_500));

    OutcomeTail tail = OutcomeTail.of(folder, BEGUN);
    assertThat(tail.outcomes()).isEqualTo(3);
    assertThat(tail.tokens()).isEqualTo(12);
  }

  @Test
  void linesThatComeCountOnceAlsoIfTheirFileIsFinishedMeanwhile() throws Exception {
    Path file = write(".part-a-0.inprogress.x", completion(1, 11_000, 5));
    OutcomeTail tail = OutcomeTail.of(folder, BEGUN);

    Files.writeString(file, completion(2, 11_500, 1) + "C\thalf a li", StandardOpenOption.APPEND);
    tail.poll();
    assertThat(tail.outcomes()).isEqualTo(2);
    Files.move(file, folder.resolve("part-a-0"));
    tail.poll();
    assertThat(tail.outcomes()).isEqualTo(2);
    assertThat(tail.tokens()).isEqualTo(6);
  }

  @Test
  void whatAnEarlierRunFailedAtIsNotDone() throws Exception {
    Path before = write("part-a-0", deadLetter(1, 9_000), completion(2, 9_500, 4));
    assertThat(OutcomeTail.of(folder, BEGUN).outcomes()).isZero();

    Files.setLastModifiedTime(before, FileTime.from(BEGUN.minusSeconds(1)));
    assertThat(OutcomeTail.of(folder, BEGUN).outcomes()).isZero();
  }

  @Test
  void aRowIsDoneOnceAlsoIfAKilledProcessLeftAFileThatNoCheckpointKnows() throws Exception {
    write(".part-a-0.inprogress.x", completion(1, 11_000, 5));
    OutcomeTail tail = OutcomeTail.of(folder, BEGUN);

    write(".part-b-0.inprogress.y", completion(1, 20_000, 5), completion(2, 20_000, 5));
    tail.poll();
    assertThat(tail.outcomes()).isEqualTo(2);
  }

  private Path write(String name, String... lines) throws IOException {
    return Files.writeString(folder.resolve(name), String.join("", lines));
  }

  private static String completion(long row, long at, int tokens) {
    return line(OutcomeKind.COMPLETION, row, at, "{\"completion_tokens\":" + tokens + "}");
  }

  private static String latency(long row, long at) {
    return line(OutcomeKind.LATENCY, row, at, "{}");
  }

  private static String deadLetter(long row, long at) {
    return line(OutcomeKind.DEAD_LETTER, row, at, "{}");
  }

  private static String line(OutcomeKind kind, long row, long at, String json) {
    return new OutcomeLine(kind, new RowKey(row), at, json).line() + "\n";
  }
}
