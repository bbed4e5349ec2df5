package dev.millrace.job.outcome;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.job.event.RecordReader;
import dev.millrace.job.guard.GuardFile;
import dev.millrace.job.guard.Guards;
import dev.millrace.job.guard.InputGuard;
import dev.millrace.job.model.FakeModel;
import dev.millrace.job.model.ModelRuntime;
import dev.millrace.job.record.Bytes;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.InFlightGeneration;
import dev.millrace.job.record.Outcomes;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.OutputTopic;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.record.Prompts;
import dev.millrace.job.task.TaskFiles;
import dev.millrace.job.task.Tasks;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.RecordCodec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TaskOutcomesTest {
  private static final String TASKS =
      """
      tasks:
        route:
          kind: label
          version: 1
          prompt: "{{ text }}"
          label:
            labels: [billing, outage, praise]
            review: {margin_below: 0.2, topic: doubtful}
            gold: expected
        find:
          kind: enrich
          version: 1
          prompt: "{{ text }}"
          enrich: {fields: {city: {type: string, minLength: 2}}, into: place, topic: found}
          from: {topic: events, input: {text: /text}}
        flat:
          kind: enrich
          version: 1
          prompt: "{{ text }}"
          enrich: {fields: {city: {type: string, minLength: 2}}, on_invalid: pass, topic: flat}
          from: {topic: flat-events, input: {text: /text}}
        reply:
          version: 1
          prompt: "{{ text }}"
          response_format:
            type: json_schema
            json_schema: {type: object, properties: {city: {type: string}, n: {type: number}}}
          output:
            topic: replies
            fields: {city: /answer/city, n: /answer/n, by: /provenance/model, asked: /input/text}
        story:
          version: 1
          prompt: "{{ text }}"
          output: {topic: stories, fields: {told: /text, of: /attributes/of}}
      """;

  private final Tasks tasks = TaskFiles.of("t.yaml", TASKS).tasks();
  private final GoldTally gold = new GoldTally();
  private InputGuard guard = new InputGuard(Guards.none(), tasks);

  @Test
  void aLabelHasItsScoresAndItsMargin() {
    GenerationResult result = result(label("1", Map.of(), answer("billing", 0.7, 0.2, 0.1)));

    assertThat(result.getText()).isEqualTo("billing");
    assertThat(result.getLabel()).contains("billing");
    assertThat(result.getLabelScores().orElseThrow())
        .isEqualTo(Map.of("billing", 0.7, "outage", 0.2, "praise", 0.1));
    assertThat(result.getMargin().orElseThrow())
        .isCloseTo(0.5, org.assertj.core.data.Offset.offset(1e-12));
    assertThat(result.getVotes()).isEmpty();
  }

  @Test
  void theMostVotesWinAndTheLikelierOfAsMany() {
    GenerationResult result =
        result(
            label(
                "1",
                Map.of(),
                answer("outage", 0.5, 0.3, 0.2),
                answer("billing", 0.5, 0.3, 0.2),
                answer("outage", 0.5, 0.3, 0.2)));
    assertThat(result.getLabel()).contains("outage");
    assertThat(result.getVotes().orElseThrow()).isEqualTo(Map.of("outage", 2, "billing", 1));
    assertThat(result.getMargin().orElseThrow()).as("less likely than billing").isNegative();

    GenerationResult tie =
        result(
            label(
                "1", Map.of(), answer("outage", 0.5, 0.3, 0.2), answer("billing", 0.5, 0.3, 0.2)));
    assertThat(tie.getLabel()).contains("billing");
  }

  @Test
  void aDoubtfulLabelGoesToReviewWithItsInputAndIsStillACompletion() throws Exception {
    List<OutputRecord> records = label("1", Map.of(), answer("billing", 0.5, 0.4, 0.1));

    assertThat(records)
        .extracting(OutputRecord::topic)
        .containsExactly(OutputTopic.COMPLETIONS, OutputTopic.LATENCY, OutputTopic.OF_TASK);
    OutputRecord review = records.get(2);
    assertThat(review.taskTopic()).contains("doubtful");
    assertThat(review.key()).isEqualTo(records.get(0).key());
    GenerationResult copy = RecordCodec.of(GenerationResult.class).decode(review.value().array());
    assertThat(copy.getInput().orElseThrow()).isEqualTo(Map.of("text", "hello"));
    assertThat(result(records).getInput()).isEmpty();
    assertThat(label("1", Map.of(), answer("billing", 0.9, 0.1, 0))).hasSize(2);
  }

  @Test
  void goldRecordsAreCountedAndSaySo() {
    GenerationResult right =
        result(label("1", Map.of("expected", "billing"), answer("billing", 0.9, 0.1, 0)));
    label("2", Map.of("expected", "praise"), answer("billing", 0.9, 0.1, 0));
    label("3", Map.of(), answer("billing", 0.9, 0.1, 0));

    assertThat(right.getExpectedLabel()).contains("billing");
    assertThat(gold.records("route")).isEqualTo(2);
    assertThat(gold.accuracy("route")).isEqualTo(0.5);
  }

  @Test
  void anAnswerThatIsNoLabelIsADeadLetter() {
    DeadLetter letter = letter(label("1", Map.of(), answer("bill", 0.9, 0.1, 0)));

    assertThat(letter.getCode()).isEqualTo(ErrorCode.INVALID_ANSWER.name());
    assertThat(letter.getMessage()).contains("'bill' is none of the labels");
  }

  @Test
  void anEnrichedEventIsTheEventWithTheFields() {
    PromptRecord event = event("events", "{\"text\": \"x\",\n \"n\": 1.0}");
    List<OutputRecord> records = of(event, "find", Map.of(), answer("{\"city\": \"Kiel\"}"));

    OutputRecord enriched = records.get(2);
    assertThat(enriched.taskTopic()).contains("found");
    assertThat(text(enriched))
        .isEqualTo("{\"text\": \"x\",\n \"n\": 1.0,\"place\":{\"city\":\"Kiel\"}}");
    assertThat(enriched.key()).isEqualTo(event.key());
    assertThat(enriched.headers()).isEqualTo(event.headers());
    assertThat(enriched.timestamp()).isEqualTo(event.timestamp());
    assertThat(result(records).getValid()).contains(true);
    assertThat(result(records).getEnrichedEvent()).isEmpty();
  }

  @Test
  void aRequestGetsItsEnrichedEventInTheCompletion() {
    PromptRecord given =
        Prompts.record(
            "{\"id\":\"1\",\"task\":\"find\",\"input\":{\"text\":\"x\",\"event\":\"{\\\"a\\\":1}\"}}");
    PromptRecord bare =
        Prompts.record("{\"id\":\"1\",\"task\":\"find\",\"input\":{\"text\":\"x\"}}");

    assertThat(
            result(of(given, "find", Map.of(), answer("{\"city\":\"Kiel\"}"))).getEnrichedEvent())
        .contains("{\"a\":1,\"place\":{\"city\":\"Kiel\"}}");
    assertThat(result(of(bare, "find", Map.of(), answer("{\"city\":\"Kiel\"}"))).getEnrichedEvent())
        .as("the input itself is the event")
        .contains("{\"text\":\"x\",\"place\":{\"city\":\"Kiel\"}}");
  }

  @Test
  void fieldsThatAreNotValidMakeADeadLetter() {
    PromptRecord event = event("events", "{\"text\":\"x\"}");
    for (String wrong :
        List.of(
            "{\"city\":\"K\"}", "{\"city\":7}", "{}", "no", "{\"city\":\"Kiel\",\"a\":1}", "")) {
      DeadLetter letter = letter(of(event, "find", Map.of(), answer(wrong)));
      assertThat(letter.getCode()).as(wrong).isEqualTo(ErrorCode.INVALID_ANSWER.name());
    }
    Reply cut = new Reply("{\"city\":\"Ki", true, Map.of());
    assertThat(letter(of(event, "find", Map.of(), cut)).getMessage())
        .contains("was cut", "raise max_tokens");
  }

  @Test
  void fieldsThatAreNotValidMarkTheEventIfTheTaskSaysSo() {
    PromptRecord event = event("flat-events", "{\"text\":\"x\"}");
    List<OutputRecord> records = of(event, "flat", Map.of(), answer("{\"city\":\"K\"}"));

    assertThat(text(records.get(2)))
        .startsWith("{\"text\":\"x\",\"enrichment_error\":\"the answer's fields are not valid: ");
    assertThat(result(records).getValid()).contains(false);
    assertThat(text(of(event, "flat", Map.of(), answer("{\"city\":\"Kiel\"}")).get(2)))
        .isEqualTo("{\"text\":\"x\",\"city\":\"Kiel\"}");
  }

  @Test
  void anAnswerIsAlsoARecordOfTheFormThatItsTaskGivesIt() {
    PromptRecord asked =
        Prompts.record("{\"id\":\"1\",\"task\":\"reply\",\"input\":{\"text\":\"x\"}}");
    List<OutputRecord> records =
        of(asked, "reply", Map.of(), answer("{\"city\":\"Kiel\",\"n\":1.50}"));

    assertThat(records).hasSize(3);
    assertThat(records.get(2).taskTopic()).contains("replies");
    assertThat(records.get(2).key()).isEqualTo(asked.key());
    assertThat(text(records.get(2)))
        .isEqualTo("{\"city\":\"Kiel\",\"n\":1.50,\"by\":\"fake\",\"asked\":\"x\"}");
    assertThat(text(of(asked, "reply", Map.of(), answer("{}")).get(2)))
        .as("what is not there is null")
        .startsWith("{\"city\":null,\"n\":null,");
    assertThat(text(of(asked, "story", Map.of("of", "old"), answer("Once")).get(2)))
        .isEqualTo("{\"told\":\"Once\",\"of\":\"old\"}");
  }

  @Test
  void anAnswerThatShouldBeJsonAndIsNotIsADeadLetter() {
    PromptRecord asked =
        Prompts.record("{\"id\":\"1\",\"task\":\"reply\",\"input\":{\"text\":\"x\"}}");

    assertThat(letter(of(asked, "reply", Map.of(), answer("{\"city\":"))).getCode())
        .isEqualTo(ErrorCode.INVALID_ANSWER.name());
  }

  @Test
  void whatAGuardMasksStaysMaskedForReviewers() throws Exception {
    String rules = "guards: {default: {rules: [{name: a, pattern: hello, action: redact}]}}";
    guard = new InputGuard(new GuardFile("guard.yaml", rules).guards(), tasks);

    OutputRecord review = label("1", Map.of(), answer("billing", 0.4, 0.3, 0.3)).get(2);

    GenerationResult copy = RecordCodec.of(GenerationResult.class).decode(review.value().array());
    assertThat(copy.getInput()).contains(Map.of("text", "[a]"));
  }

  private List<OutputRecord> label(String id, Map<String, String> attributes, Reply... replies) {
    PromptRecord record =
        Prompts.record(
            "{\"id\":\"%s\",\"task\":\"route\",\"input\":{\"text\":\"hello\"}}".formatted(id));
    return of(record, "route", attributes, replies);
  }

  private List<OutputRecord> of(
      PromptRecord record, String task, Map<String, String> attributes, Reply... replies) {
    ModelRuntime model = FakeModel.driven();
    Completions completions = new Completions(model.card(), model.encoder());
    GenerationTask generation =
        new GenerationTask(
            record, Prompts.request("1", "x").build(), attributes, "v", Optional.of(task));
    CompletionOutcome outcome =
        new CompletionOutcome(
            InFlightGeneration.first(generation, "weights"),
            FakeModel.completion("1", replies[0].text()),
            0,
            1);
    return new TaskOutcomes(tasks, new RecordReader(1_000, tasks), gold, guard)
        .of(
            new Finished(
                generation,
                1,
                completions.result(outcome),
                completions.latency(outcome),
                List.of(replies),
                new PartCounts(1, 1, 1, 0)));
  }

  private static Reply answer(String text, double... scores) {
    Map<String, Double> byLabel =
        scores.length == 0
            ? Map.of()
            : Map.of("billing", scores[0], "outage", scores[1], "praise", scores[2]);
    return new Reply(text, false, byLabel);
  }

  private static PromptRecord event(String topic, String value) {
    PromptRecord sample = Prompts.record(value);
    return new PromptRecord(
        topic,
        sample.partition(),
        sample.offset(),
        sample.timestamp(),
        sample.key(),
        Optional.of(Bytes.utf8(value)),
        sample.headers(),
        sample.readAt());
  }

  private static String text(OutputRecord record) {
    return new String(record.value().array(), UTF_8);
  }

  private static GenerationResult result(List<OutputRecord> records) {
    return Outcomes.results(records).get(0);
  }

  private static DeadLetter letter(List<OutputRecord> records) {
    assertThat(records).hasSize(1);
    return Outcomes.deadLetters(records).get(0);
  }
}
