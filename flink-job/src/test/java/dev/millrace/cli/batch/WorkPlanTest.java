package dev.millrace.cli.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WorkPlanTest {
  private static final RowRequests TEXT =
      new RowsHaveColumn("text", Optional.empty(), OptionalInt.empty());

  @TempDir private Path folder;
  private Path input;
  private Path outcomes;

  @BeforeEach
  void makeFolders() throws IOException {
    input = folder.resolve("in.jsonl");
    outcomes = Files.createDirectories(folder.resolve("outcomes"));
  }

  @Test
  void everyRowIsPlannedOnceAndKnowsWhereItCameFrom() throws Exception {
    write("{\"text\":\"a\"}", "{\"text\":\"b\"}");
    assertThat(plan())
        .extracting(WorkItem::file, WorkItem::row)
        .containsExactlyInAnyOrder(tuple("in.jsonl", 0L), tuple("in.jsonl", 1L));
  }

  @Test
  void rowsWithACompletionAreNotPlannedAgainAndRowsWithADeadLetterAre() throws Exception {
    write("{\"text\":\"done\"}", "{\"text\":\"failed\"}", "{\"text\":\"new\"}");
    outcome(OutcomeKind.COMPLETION, 0, "{\"text\":\"done\"}");
    outcome(OutcomeKind.DEAD_LETTER, 1, "{\"text\":\"failed\"}");
    assertThat(plan()).extracting(WorkItem::row).containsExactlyInAnyOrder(1L, 2L);
  }

  @Test
  void aRowThatWasChangedIsPlannedAgain() throws Exception {
    write("{\"text\":\"now\"}");
    outcome(OutcomeKind.COMPLETION, 0, "{\"text\":\"before\"}");
    assertThat(plan()).hasSize(1);
  }

  @Test
  void requestsThatBeginAlikeStandTogetherTheLongOnesFirst() throws Exception {
    String contract = "contract ".repeat(80);
    String invoice = "invoice ".repeat(80);
    write(
        text(contract + "a"),
        text(invoice + "b"),
        text(contract + "c".repeat(2000)),
        text(invoice + "d".repeat(2000)),
        text(contract + "e"));
    assertThat(plan()).extracting(WorkItem::row).containsExactly(2L, 0L, 4L, 3L, 1L);
  }

  @Test
  void aRowThatCannotBeARequestIsADeadLetterAtOnce() throws Exception {
    write("{\"text\":\"fine\"}", "{broken", "{\"other\":1}");
    assertThat(plan()).extracting(WorkItem::row).containsExactly(0L);

    try (OutcomeIndex index = OutcomeIndex.read(files(outcomes))) {
      assertThat(index.deadLetter(key(1, "{broken")).orElseThrow().json()).contains("INVALID_JSON");
      assertThat(index.deadLetter(key(2, "{\"other\":1}")).orElseThrow().json())
          .contains("MISSING_FIELD", "the row has no 'text'");
    }
  }

  private List<WorkItem> plan() throws IOException {
    Path work = Files.createDirectories(folder.resolve("work"));
    try (OutcomeIndex done = OutcomeIndex.read(files(outcomes));
        Refusals refusals = new Refusals(outcomes)) {
      new WorkPlan(TEXT, done, refusals, work).write(Inputs.of(input));
    }
    List<WorkItem> items = new ArrayList<>();
    for (Path file : files(work)) {
      Files.readAllLines(file).forEach(line -> items.add(WorkItem.parse(line)));
    }
    return items;
  }

  private void write(String... lines) throws IOException {
    Files.write(input, List.of(lines));
  }

  private void outcome(OutcomeKind kind, long row, String text) throws IOException {
    OutcomeLine line = new OutcomeLine(kind, key(row, text), 0, "{}");
    Files.write(outcomes.resolve("part-" + row), List.of(line.line()));
  }

  private static RowKey key(long row, String text) {
    return RowKey.of("in.jsonl", row, Row.of(text));
  }

  private static String text(String text) {
    return "{\"text\":\"" + text + "\"}";
  }

  private static List<Path> files(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }
}
