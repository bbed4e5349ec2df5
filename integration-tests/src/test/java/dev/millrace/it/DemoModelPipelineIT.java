package dev.millrace.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.cli.report.AnswerScores;
import dev.millrace.cli.report.AnswerScores.Measure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Documents that the demo model was not trained on, from topic to topic, judged by their answers.
 */
class DemoModelPipelineIT {
  private static final int EACH_TASK = 20;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir Path checkpoints;

  @Test
  void the_three_tasks_are_answered_rightly_through_the_whole_pipeline() throws Exception {
    Map<String, HeldOut.Document> documents =
        HeldOut.firstOfEachTask(EACH_TASK).stream()
            .collect(Collectors.toMap(HeldOut.Document::id, Function.identity()));
    AnswerScores scores = new AnswerScores();
    try (TestPipeline pipeline = TestPipeline.start(checkpoints, HeldOut.MODEL);
        Outcomes outcomes = pipeline.outcomes()) {
      pipeline.send(documents.values().stream().map(DemoModelPipelineIT::record).toList());
      pipeline.startJob(Map.of("millrace.threads", "1"));
      outcomes.await(documents.size(), Duration.ofMinutes(8), () -> true);
      outcomes.readToEnd();

      assertThat(outcomes.deadLetters).isEmpty();
      List<String> answered =
          outcomes.completions.stream().map(read -> read.value().getId()).toList();
      assertThat(answered).containsExactlyInAnyOrderElementsOf(documents.keySet());
      outcomes.completions.forEach(
          read -> documents.get(read.value().getId()).score(read.value().getText(), scores));
    }
    assertThat(scores.get(Measure.LABEL_ACCURACY).orElseThrow()).isGreaterThanOrEqualTo(0.90);
    assertThat(scores.get(Measure.ENRICH_EXACT).orElseThrow()).isGreaterThanOrEqualTo(0.95);
    assertThat(scores.get(Measure.SUMMARY_FACT_RECALL).orElseThrow()).isGreaterThanOrEqualTo(0.95);
  }

  private static ProducerRecord<byte[], byte[]> record(HeldOut.Document document) {
    ObjectNode request = JSON.createObjectNode();
    request.put("id", document.id()).put("temperature", 0).put("max_tokens", 128);
    ArrayNode messages = request.putArray("messages");
    document
        .messages()
        .forEach(
            turn -> messages.addObject().put("role", turn.role()).put("content", turn.content()));
    return new ProducerRecord<>(
        "prompts", document.id().getBytes(UTF_8), request.toString().getBytes(UTF_8));
  }
}
