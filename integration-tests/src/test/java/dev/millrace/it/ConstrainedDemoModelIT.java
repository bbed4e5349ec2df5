package dev.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.cli.report.AnswerScores;
import dev.millrace.cli.report.AnswerScores.Measure;
import dev.millrace.engine.Completion;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Generation;
import dev.millrace.engine.Precision;
import dev.millrace.engine.ResponseFormat;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.text.ChatMessage;
import dev.millrace.engine.text.ChatTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The demo model's held-out labels and events, held to their form and free. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConstrainedDemoModelIT {
  private static final List<String> LABELS =
      List.of(
          "billing", "delivery", "returns", "account", "technical", "order", "sales", "feedback");

  private static final String EVENT =
      """
      {"type": "object",
       "properties": {
         "event": {"type": "string", "maxLength": 20},
         "customer": {"type": "string", "maxLength": 60},
         "order": {"type": "string", "maxLength": 20},
         "product": {"type": "string", "maxLength": 60},
         "amount": {"type": "string", "maxLength": 30},
         "date": {"type": "string", "maxLength": 30}},
       "required": ["event", "customer", "order", "product", "amount", "date"]}
      """;

  private Engine engine;
  private ChatTemplate template;

  @BeforeAll
  void open() {
    engine = Engine.open(EngineOptions.of(HeldOut.MODEL).in(Precision.FLOAT32).withThreads(1));
    template = ChatTemplate.load(HeldOut.MODEL, engine.tokenizer().vocabulary());
  }

  @AfterAll
  void close() {
    engine.close();
  }

  @Test
  void a_label_is_never_outside_the_set_and_as_often_right_as_a_free_one() {
    List<HeldOut.Document> documents = documents("label");
    List<Completion> chosen = answers(documents, Optional.of(new ResponseFormat.Choice(LABELS)));
    assertThat(chosen).allSatisfy(answer -> assertThat(LABELS).contains(answer.text()));
    assertThat(chosen)
        .allSatisfy(
            answer ->
                assertThat(answer.labelScores().orElseThrow().best()).isEqualTo(answer.text()));
    double free = score(documents, answers(documents, Optional.empty()), Measure.LABEL_ACCURACY);
    assertThat(score(documents, chosen, Measure.LABEL_ACCURACY)).isGreaterThanOrEqualTo(free);
  }

  @Test
  void every_event_is_valid_and_as_often_exact_as_a_free_one() {
    List<HeldOut.Document> documents = documents("enrich");
    List<Completion> held = answers(documents, Optional.of(new ResponseFormat.JsonSchema(EVENT)));
    assertThat(held).allSatisfy(answer -> assertThat(answer.valid()).contains(true));
    assertThat(score(documents, held, Measure.ENRICH_VALID)).isEqualTo(1);
    double free = score(documents, answers(documents, Optional.empty()), Measure.ENRICH_EXACT);
    assertThat(score(documents, held, Measure.ENRICH_EXACT)).isGreaterThanOrEqualTo(free);
  }

  private static List<HeldOut.Document> documents(String task) {
    return HeldOut.all().stream().filter(document -> document.task().equals(task)).toList();
  }

  private static double score(
      List<HeldOut.Document> documents, List<Completion> answers, Measure measure) {
    AnswerScores scores = new AnswerScores();
    for (int i = 0; i < answers.size(); i++) {
      documents.get(i).score(answers.get(i).text(), scores);
    }
    return scores.get(measure).orElseThrow();
  }

  private List<Completion> answers(
      List<HeldOut.Document> documents, Optional<ResponseFormat> format) {
    List<Generation> generations = new ArrayList<>();
    for (HeldOut.Document document : documents) {
      GenerateRequest.Builder request =
          GenerateRequest.builder(document.id(), prompt(document)).maxTokens(128);
      format.ifPresent(request::responseFormat);
      generations.add(engine.submit(request.build()));
    }
    return generations.stream()
        .map(generation -> generation.completion().toCompletableFuture().join())
        .toList();
  }

  private TokenIds prompt(HeldOut.Document document) {
    List<ChatMessage> messages =
        document.messages().stream()
            .map(turn -> new ChatMessage(turn.role(), turn.content()))
            .toList();
    return TokenIds.of(engine.tokenizer().encode(template.render(messages, true)));
  }
}
