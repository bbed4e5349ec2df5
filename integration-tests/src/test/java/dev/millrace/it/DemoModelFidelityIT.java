package dev.millrace.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.cli.report.AnswerScores;
import dev.millrace.cli.report.AnswerScores.Measure;
import dev.millrace.engine.Completion;
import dev.millrace.engine.Engine;
import dev.millrace.engine.EngineOptions;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.Generation;
import dev.millrace.engine.Precision;
import dev.millrace.engine.TokenIds;
import dev.millrace.engine.text.ChatMessage;
import dev.millrace.engine.text.ChatTemplate;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The demo model's 300 held-out prompts, greedy and in float32, against what transformers' own
 * {@code generate} answered (training/reference.jsonl, recorded by training/evaluate.py).
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DemoModelFidelityIT {
  private static final int MAX_TOKENS = 128;

  private final List<HeldOut.Document> documents = HeldOut.all();
  private Map<String, Completion> answers;
  private int endOfTurn;

  @BeforeAll
  void answer_everything() {
    EngineOptions options = EngineOptions.of(HeldOut.MODEL).in(Precision.FLOAT32).withThreads(1);
    try (Engine engine = Engine.open(options)) {
      endOfTurn = engine.model().endOfSequenceTokens().iterator().next();
      ChatTemplate template = ChatTemplate.load(HeldOut.MODEL, engine.tokenizer().vocabulary());
      List<Generation> generations =
          documents.stream().map(row -> engine.submit(request(engine, template, row))).toList();
      answers =
          generations.stream()
              .map(generation -> generation.completion().toCompletableFuture().join())
              .collect(Collectors.toMap(Completion::id, Function.identity()));
    }
  }

  @Test
  void at_least_99_percent_of_the_answers_are_the_references_token_by_token() {
    Map<String, TokenIds> reference =
        HeldOut.lines(HeldOut.MODEL.resolve("training/reference.jsonl")).stream()
            .collect(Collectors.toMap(row -> row.get("id").asText(), DemoModelFidelityIT::tokens));
    List<String> different =
        documents.stream()
            .map(HeldOut.Document::id)
            .filter(id -> !withoutEndOfTurn(answers.get(id).tokens()).equals(reference.get(id)))
            .toList();
    assertThat(reference).hasSize(300);
    assertThat(different).hasSizeLessThanOrEqualTo(3);
  }

  /** Floors a little under what the model's README says is reached. */
  @Test
  void the_answers_are_right_as_often_as_the_models_readme_says() {
    AnswerScores scores = new AnswerScores();
    documents.forEach(row -> row.score(answers.get(row.id()).text(), scores));
    assertThat(scores.get(Measure.LABEL_ACCURACY).orElseThrow()).isGreaterThanOrEqualTo(0.97);
    assertThat(scores.get(Measure.ENRICH_VALID).orElseThrow()).isGreaterThanOrEqualTo(0.99);
    assertThat(scores.get(Measure.ENRICH_EXACT).orElseThrow()).isGreaterThanOrEqualTo(0.98);
    assertThat(scores.get(Measure.SUMMARY_FACT_RECALL).orElseThrow()).isGreaterThanOrEqualTo(0.97);
    assertThat(scores.get(Measure.SUMMARY_NUMBERS_FAITHFUL).orElseThrow())
        .isGreaterThanOrEqualTo(0.98);
  }

  private static GenerateRequest request(
      Engine engine, ChatTemplate template, HeldOut.Document row) {
    List<ChatMessage> messages =
        row.messages().stream().map(turn -> new ChatMessage(turn.role(), turn.content())).toList();
    int[] prompt = engine.tokenizer().encode(template.render(messages, true));
    return GenerateRequest.builder(row.id(), TokenIds.of(prompt)).maxTokens(MAX_TOKENS).build();
  }

  private TokenIds withoutEndOfTurn(TokenIds tokens) {
    return TokenIds.of(tokens.stream().takeWhile(token -> token != endOfTurn).toArray());
  }

  private static TokenIds tokens(JsonNode row) {
    return TokenIds.of(HeldOut.each(row.get("tokens")).mapToInt(JsonNode::asInt).toArray());
  }
}
