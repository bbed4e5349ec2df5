package dev.millrace.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.generate.DirectAnswer;
import dev.millrace.job.model.EngineModelRuntime;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.job.record.Bytes;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.OutputTopic;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.RecordCodec;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.flink.configuration.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The shipped tasks on documents that the demo model was not trained on. */
class HeldOutTasksIT {
  private static final int EACH = 60;
  private static final Set<String> LABELS =
      Set.of(
          "billing", "delivery", "returns", "account", "technical", "order", "sales", "feedback");
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final RecordCodec<GenerationResult> RESULTS =
      RecordCodec.of(GenerationResult.class);

  private static ModelRuntime model;
  private static DirectAnswer direct;

  @BeforeAll
  static void open() {
    JobSettings settings =
        JobSettings.from(
            Configuration.fromMap(
                Map.of(
                    "millrace.model.directory",
                    HeldOut.MODEL.toString(),
                    "millrace.bootstrap-servers",
                    "none",
                    "millrace.threads",
                    "1",
                    "millrace.tasks",
                    Path.of("..", "deploy", "tasks").toString())));
    model = EngineModelRuntime.open(settings.model());
    direct = new DirectAnswer(model, settings.defaults(), settings.tasks().tasks());
  }

  @AfterAll
  static void close() {
    model.close();
  }

  @Test
  void every_label_is_one_of_the_set_and_as_often_right_as_without_a_constraint() throws Exception {
    int right = 0;
    int rightUnconstrained = 0;
    for (HeldOut.Document document : documents("label")) {
      String expected = document.row().get("expected").asText();
      GenerationResult result = answer(taskRequest(document));
      assertThat(LABELS).contains(result.getLabel().orElseThrow());
      assertThat(result.getLabelScores().orElseThrow().values().stream().mapToDouble(x -> x).sum())
          .isBetween(0.999, 1.001);
      right += result.getLabel().get().equals(expected) ? 1 : 0;
      rightUnconstrained += answer(plainRequest(document)).getText().equals(expected) ? 1 : 0;
    }
    assertThat(right).isGreaterThanOrEqualTo(rightUnconstrained).isGreaterThan(EACH * 9 / 10);
  }

  @Test
  void every_enriched_event_has_valid_fields() throws Exception {
    for (HeldOut.Document document : documents("enrich")) {
      GenerationResult result = answer(taskRequest(document));
      assertThat(result.getValid()).contains(true);
      assertThat(JSON.readTree(result.getEnrichedEvent().orElseThrow()).get("details").size())
          .isEqualTo(6);
    }
  }

  private static List<HeldOut.Document> documents(String task) {
    return HeldOut.firstOfEachTask(EACH).stream()
        .filter(document -> document.task().equals(task))
        .toList();
  }

  private static GenerationResult answer(ObjectNode request) throws Exception {
    OutputRecord first =
        direct
            .answer(
                new PromptRecord(
                    "prompts",
                    0,
                    0,
                    OptionalLong.empty(),
                    Optional.empty(),
                    Optional.of(Bytes.of(request.toString().getBytes(UTF_8))),
                    List.of(),
                    System.currentTimeMillis()))
            .get(0);
    assertThat(first.topic()).isEqualTo(OutputTopic.COMPLETIONS);
    return RESULTS.decode(first.value().array());
  }

  private static ObjectNode taskRequest(HeldOut.Document document) {
    ObjectNode request = JSON.createObjectNode().put("id", document.id());
    request.put("task", document.task());
    request.putObject("input").put("text", document.messages().get(1).content());
    return request;
  }

  private static ObjectNode plainRequest(HeldOut.Document document) {
    ObjectNode request = JSON.createObjectNode().put("id", document.id()).put("max_tokens", 8);
    ArrayNode messages = request.putArray("messages");
    document
        .messages()
        .forEach(
            turn -> messages.addObject().put("role", turn.role()).put("content", turn.content()));
    return request;
  }
}
