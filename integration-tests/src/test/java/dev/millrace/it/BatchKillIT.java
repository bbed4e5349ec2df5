package dev.millrace.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.cli.Millrace;
import dev.millrace.engine.model.TinyCheckpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A batch over a file whose process is killed again and again. */
class BatchKillIT {
  private static final int ROWS = 10_000;
  private static final int INTERRUPTIONS = 3;
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Set<String> LABELS = Set.of("order", "invoice", "refund", "other");
  private static final String RESUMED = "going on with an interrupted run";
  private static final String TASKS =
      """
      tasks:
        sort:
          kind: label
          version: 1
          prompt: "{{ text }}"
          sampling: {temperature: 0}
          label:
            labels: [order, invoice, refund, other]
      """;

  @TempDir Path folder;

  @Test
  void ten_thousand_rows_survive_two_kills_and_a_stop_each_labelled_once_in_its_place()
      throws Exception {
    Path model = new TinyCheckpoint().write(Files.createDirectory(folder.resolve("model")));
    Path tasks = Files.writeString(folder.resolve("tasks.yaml"), TASKS);
    Path input = folder.resolve("rows.jsonl");
    Files.write(
        input,
        IntStream.range(0, ROWS)
            .mapToObj(i -> "{\"n\":%d,\"text\":\"row %d\"}".formatted(i, i))
            .toList());
    Path output = folder.resolve("labelled.jsonl");

    for (int run = 1; run <= INTERRUPTIONS; run++) {
      Process process = start(model, tasks, input, output);
      int outcomes = run * ROWS / 10;
      await(process, outcomes + " outcomes", () -> outcomes() >= outcomes);
      awaitCheckpointBegunFromNowOn(process);
      if (run == INTERRUPTIONS) {
        process.destroy(); // as Ctrl-C does
        process.waitFor();
        assertThat(log()).contains("Stopped. What is done is kept");
      } else {
        process.destroyForcibly().waitFor();
      }
      assertThat(output).as("ended in the middle").doesNotExist();
    }
    Process last = start(model, tasks, input, output);
    assertThat(last.waitFor()).as(log()).isZero();

    List<String> lines = Files.readAllLines(output);
    assertThat(lines).hasSize(ROWS);
    for (int i = 0; i < ROWS; i++) {
      JsonNode row = JSON.readTree(lines.get(i));
      assertThat(row.get("n").intValue()).isEqualTo(i);
      assertThat(LABELS).contains(row.get("label").textValue());
      assertThat(row.get("label_probability").doubleValue()).isBetween(0.25, 1.0);
      assertThat(JSON.readTree(row.get("label_scores").textValue()).properties())
          .extracting(Map.Entry::getKey)
          .hasSameElementsAs(LABELS);
    }
    String[] runs = log().split(RESUMED, -1);
    assertThat(runs).as("resumed each time: %s", log()).hasSize(1 + INTERRUPTIONS);
    for (int run = 1; run <= INTERRUPTIONS; run++) {
      assertThat(firstProgress(runs[run])).as(log()).isBetween(run * ROWS / 10, ROWS);
    }
    List<String> completed = outcomeLines("C\t").map(BatchKillIT::key).toList();
    assertThat(completed).as("completions").hasSize(ROWS);
    assertThat(new HashSet<>(completed)).as("rows with a completion").hasSize(ROWS);
  }

  /** How many rows a run's progress begins with. */
  private static int firstProgress(String log) {
    Matcher bar = Pattern.compile("\\] (\\d+)/" + ROWS).matcher(log);
    assertThat(bar.find()).as(log).isTrue();
    return Integer.parseInt(bar.group(1));
  }

  private Process start(Path model, Path tasks, Path input, Path output) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "@" + HOME.resolve("deploy/local/jvm.options"),
            "-Dmillrace.home=" + HOME,
            "-Dmillrace.work=" + folder.resolve("work"),
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            Millrace.class.getName(),
            "batch",
            input.toString(),
            output.toString(),
            "--model",
            model.toString(),
            "--task",
            "sort",
            "--tasks",
            tasks.toString(),
            "--into",
            "label",
            "--save-interval",
            "0.2",
            "--threads",
            "1",
            // Else all rows are answered, or under way and in every checkpoint, before the second.
            "-Dmillrace.max-running=2",
            "-Dmillrace.cache-tokens=2048")
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
        .start();
  }

  /** Of two that are complete from now on, the second has begun after now. */
  private void awaitCheckpointBegunFromNowOn(Process process) throws Exception {
    long enough = newestCheckpoint() + 2;
    await(process, "checkpoint " + enough, () -> newestCheckpoint() >= enough);
  }

  private void await(Process process, String what, BooleanSupplier condition) throws Exception {
    Instant end = Instant.now().plus(PATIENCE);
    while (!condition.getAsBoolean()) {
      assertThat(process.isAlive()).as("waiting for %s; %s", what, log()).isTrue();
      assertThat(Instant.now()).as("waiting for %s; %s", what, log()).isBefore(end);
      Thread.sleep(20);
    }
  }

  /** Its number, which goes on counting from run to run; 0 if none is complete. */
  private long newestCheckpoint() {
    try (Stream<Path> found = Files.walk(folder.resolve(".labelled.jsonl.batch/checkpoints"), 3)) {
      return found
          .filter(file -> file.endsWith("_metadata"))
          .map(file -> file.getParent().getFileName().toString())
          .mapToLong(name -> Long.parseLong(name.substring("chk-".length())))
          .max()
          .orElse(0);
    } catch (IOException | UncheckedIOException e) {
      return 0; // not there yet, or one of them was just removed: it is looked for again
    }
  }

  /**
   * Rows with a completion or a dead letter, committed or not. What a killed process did after its
   * last checkpoint is there twice when the next one has done it again.
   */
  private long outcomes() {
    return Stream.concat(outcomeLines("C\t"), outcomeLines("D\t"))
        .filter(line -> line.indexOf('\t', 2) > 0) // else it is being written
        .map(BatchKillIT::key)
        .distinct()
        .count();
  }

  private Stream<String> outcomeLines(String beginning) {
    Path outcomes = folder.resolve(".labelled.jsonl.batch/outcomes");
    if (!Files.isDirectory(outcomes)) {
      return Stream.of();
    }
    try (Stream<Path> files = Files.list(outcomes)) {
      return files.toList().stream()
          .flatMap(BatchKillIT::lines)
          .filter(line -> line.startsWith(beginning));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Stream<String> lines(Path file) {
    try {
      return new String(Files.readAllBytes(file), UTF_8).lines();
    } catch (NoSuchFileException e) {
      return Stream.of(); // finished and renamed since it was listed; it is counted next time
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String key(String outcome) {
    return outcome.split("\t", 3)[1];
  }

  private String log() throws IOException {
    return Files.exists(folder.resolve("log")) ? Files.readString(folder.resolve("log")) : "";
  }
}
