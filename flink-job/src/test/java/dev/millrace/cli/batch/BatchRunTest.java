package dev.millrace.cli.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.job.config.TestSettings;
import dev.millrace.job.model.FakeModel;
import dev.millrace.job.task.Tasks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whole batches through Flink, with a model that answers with the prompt reversed. */
@Timeout(300)
final class BatchRunTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final RowRequests TEXT =
      new RowsHaveColumn("text", Optional.empty(), OptionalInt.of(3));

  @TempDir private Path folder;
  private final FakeModel model = FakeModel.answering();

  @Test
  void everyRowOfAFolderComesBackInItsPlaceWithItsAnswer() throws Exception {
    Path input = Files.createDirectories(folder.resolve("in/deep"));
    Files.write(
        input.resolve("a.jsonl"),
        IntStream.range(0, 30)
            .mapToObj(i -> "{\"n\":%d,\"text\":\"x%dz\"}".formatted(i, i))
            .toList());
    Files.writeString(folder.resolve("in/b.csv"), "text,n\nhey,1\n\"a,b\",2\n");
    BatchStatistics statistics = run(settings(folder.resolve("in"), folder.resolve("out")));

    assertThat(statistics.answered()).isEqualTo(32);
    List<JsonNode> rows = json(folder.resolve("out/deep/a.jsonl"));
    assertThat(rows).hasSize(30);
    for (int i = 0; i < 30; i++) {
      assertThat(rows.get(i).get("n").intValue()).isEqualTo(i);
      assertThat(rows.get(i).get("answer").textValue()).startsWith("\nz");
    }
    assertThat(Files.readAllLines(folder.resolve("out/b.csv")).get(0))
        .isEqualTo("text,n,answer,answer_finish_reason,answer_probability,answer_margin");
    assertThat(folder.resolve("out/errors.jsonl")).doesNotExist();
    assertThat(Files.readString(folder.resolve("out/report.html")))
        .contains("Millrace batch report", "<b>32</b><span>answered")
        .doesNotContain("http://", "https://", "src=");
  }

  @Test
  void anAvroFileKeepsItsTypesInAParquetFile() throws Exception {
    Path input = folder.resolve("in.avro");
    RowFilesTest.writeAvro(input, RowFilesTest.mail("one", 5L), RowFilesTest.mail("two", null));
    run(settings(input, folder.resolve("out.parquet")));

    List<Row> rows = RowFilesTest.rows(folder.resolve("out.parquet"));
    assertThat(rows).hasSize(2);
    GenericRecord first = rows.get(0).record().orElseThrow();
    assertThat(first.get("sent")).isEqualTo(5L);
    assertThat(first.get("answer").toString()).isEqualTo("\nen");
    assertThat(first.get("answer_probability")).isNull();
  }

  @Test
  void aSecondRunDoesOnlyWhatFailedOrIsNew() throws Exception {
    Path input = folder.resolve("in.jsonl");
    Files.writeString(input, "{\"text\":\"one\"}\n{\"wrong\":1}\n");
    BatchSettings settings = settings(input, folder.resolve("out.jsonl"));
    BatchStatistics first = run(settings);
    assertThat(first.answered()).isEqualTo(1);
    assertThat(first.failed()).isEqualTo(1);
    assertThat(json(folder.resolve("out.errors.jsonl")).get(0).get("code").textValue())
        .isEqualTo("MISSING_FIELD");

    Files.writeString(input, "{\"text\":\"one\"}\n{\"text\":\"two\"}\n{\"text\":\"three\"}\n");
    BatchStatistics second = run(settings);
    assertThat(second.answered()).isEqualTo(3);
    assertThat(model.submitted()).as("one, then two and three").hasSize(3);
    assertThat(folder.resolve("out.errors.jsonl")).doesNotExist();
  }

  @Test
  void linesOfAnOpenAiBatchComeBackInItsForm() throws Exception {
    Path input = folder.resolve("in.jsonl");
    Files.write(
        input,
        List.of(
            "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":"
                + "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"max_tokens\":4}}",
            "{\"custom_id\":\"b\",\"body\":{\"messages\":[],\"tools\":[]}}"));
    BatchStatistics statistics =
        run(
            new BatchSettings(
                input,
                folder.resolve("out.jsonl"),
                new RowsAreRequests(Tasks.none()),
                "answer",
                TestSettings.defaults(),
                model.factory(),
                false,
                Duration.ofMillis(200)));

    assertThat(statistics.answered()).isEqualTo(1);
    JsonNode answer = json(folder.resolve("out.jsonl")).get(0);
    assertThat(answer.get("custom_id").textValue()).isEqualTo("a");
    assertThat(answer.get("error").isNull()).isTrue();
    JsonNode body = answer.get("response").get("body");
    assertThat(body.at("/choices/0/message/content").textValue()).isEqualTo("\nih:");
    assertThat(body.at("/usage/completion_tokens").intValue()).isEqualTo(4);
    JsonNode error = json(folder.resolve("out.errors.jsonl")).get(0);
    assertThat(error.get("custom_id").textValue()).isEqualTo("b");
    assertThat(error.get("response").isNull()).isTrue();
    assertThat(error.at("/error/message").textValue()).contains("body.tools");
  }

  @Test
  void whatCannotBeWrittenIsSaidBeforeAnythingIsDone() throws Exception {
    Path input = Files.writeString(folder.resolve("in.jsonl"), "{\"text\":\"a\",\"answer\":1}\n");
    assertThatThrownBy(() -> run(settings(input, folder.resolve("out.jsonl"))))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("already has a column 'answer'");
    assertThatThrownBy(() -> run(settings(input, folder.resolve("out.parquet"))))
        .hasMessageContaining("in.jsonl has no schema to extend");
    assertThatThrownBy(() -> run(settings(input, folder.resolve("out.txt"))))
        .hasMessageContaining("no extension");
    assertThatThrownBy(() -> run(settings(folder.resolve("none"), folder.resolve("out.jsonl"))))
        .hasMessageContaining("does not exist");
    assertThat(model.submitted()).isEmpty();
  }

  private BatchSettings settings(Path input, Path output) {
    return new BatchSettings(
        input,
        output,
        TEXT,
        "answer",
        TestSettings.defaults(),
        model.factory(),
        false,
        Duration.ofMillis(200));
  }

  private static BatchStatistics run(BatchSettings settings) throws IOException {
    try (BatchRun run = BatchRun.open(settings, new Silent())) {
      return run.run();
    }
  }

  private static List<JsonNode> json(Path file) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      rows.add(JSON.readTree(line));
    }
    return rows;
  }

  private static final class Silent implements BatchObserver {
    @Override
    public void planned(long rows, long missing, boolean resumes) {}

    @Override
    public void running() {}

    @Override
    public void progress(long done, long missing, long tokens) {}
  }
}
