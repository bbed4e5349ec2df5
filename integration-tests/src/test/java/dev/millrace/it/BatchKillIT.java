package dev.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.cli.Millrace;
import dev.millrace.engine.model.TinyCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A batch over a file whose process is killed again and again. */
class BatchKillIT {
  private static final int ROWS = 10_000;
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir Path folder;

  @Test
  void ten_thousand_rows_survive_two_kills_each_answered_once_in_its_place() throws Exception {
    Path model = new TinyCheckpoint().write(Files.createDirectory(folder.resolve("model")));
    Path input = folder.resolve("rows.jsonl");
    Files.write(
        input,
        IntStream.range(0, ROWS)
            .mapToObj(i -> "{\"n\":%d,\"text\":\"row %d\"}".formatted(i, i))
            .toList());
    Path output = folder.resolve("labelled.jsonl");

    for (int kill = 1; kill <= 2; kill++) {
      Process process = start(model, input, output);
      awaitOutcomes(process, kill * ROWS / 4);
      process.destroyForcibly().waitFor();
      assertThat(output).as("killed in the middle").doesNotExist();
    }
    Process last = start(model, input, output);
    assertThat(last.waitFor()).as(log()).isZero();

    List<String> lines = Files.readAllLines(output);
    assertThat(lines).hasSize(ROWS);
    for (int i = 0; i < ROWS; i++) {
      JsonNode row = JSON.readTree(lines.get(i));
      assertThat(row.get("n").intValue()).isEqualTo(i);
      assertThat(row.get("label").isTextual()).isTrue();
    }
    assertThat(log()).contains("going on with an interrupted run");
    assertThat(completions()).as("committed completions").isEqualTo(ROWS);
  }

  private Process start(Path model, Path input, Path output) throws IOException {
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
            "--column",
            "text",
            "--into",
            "label",
            "--max-tokens",
            "4",
            "--threads",
            "1")
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
        .start();
  }

  /** Waits until so many outcomes are written, committed or not. */
  private void awaitOutcomes(Process process, int count) throws Exception {
    Instant end = Instant.now().plus(PATIENCE);
    while (outcomeLines("") < count) {
      assertThat(process.isAlive()).as(log()).isTrue();
      assertThat(Instant.now()).as("%d outcomes; %s", count, log()).isBefore(end);
      Thread.sleep(50);
    }
  }

  private long completions() throws IOException {
    return outcomeLines("C\t");
  }

  private long outcomeLines(String beginning) throws IOException {
    Path outcomes = folder.resolve(".labelled.jsonl.batch/outcomes");
    if (!Files.isDirectory(outcomes)) {
      return 0;
    }
    long count = 0;
    try (Stream<Path> files = Files.list(outcomes)) {
      for (Path file : files.toList()) {
        try (Stream<String> lines = Files.lines(file)) {
          count += lines.filter(line -> line.startsWith(beginning)).count();
        } catch (NoSuchFileException e) {
          // finished and renamed since it was listed; it is counted next time
        }
      }
    }
    return count;
  }

  private String log() throws IOException {
    return Files.exists(folder.resolve("log")) ? Files.readString(folder.resolve("log")) : "";
  }
}
