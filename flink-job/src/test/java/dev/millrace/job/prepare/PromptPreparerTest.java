package dev.millrace.job.prepare;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.Sampling;
import dev.millrace.job.config.RequestDefaults;
import dev.millrace.job.model.FakeModel;
import dev.millrace.job.record.Bytes;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.Outcomes;
import dev.millrace.job.record.Prepared;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.record.Prompts;
import dev.millrace.job.record.Refusal;
import dev.millrace.job.task.Tasks;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.Header;
import dev.millrace.schema.RecordCodec;
import dev.millrace.schema.Stage;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PromptPreparerTest {
  private static final int MAX_RECORD_BYTES = 1_000;

  private final FakeModel model = FakeModel.driven();
  private final PromptPreparer preparer =
      new PromptPreparer(model, new RequestDefaults(16, 0.7, 0.9, MAX_RECORD_BYTES), Tasks.none());

  @Test
  void aPromptBecomesATask() {
    GenerationTask task =
        task(
            """
            {"id": "1", "prompt": "hello", "max_tokens": 5, "temperature": 0.5, "top_p": 0.8,
             "top_k": 40, "min_p": 0.1, "repetition_penalty": 1.1, "presence_penalty": 0.2,
             "frequency_penalty": 0.3, "seed": 7, "stop": ["END"], "logprobs": 2, "priority": 3,
             "deadline": "1970-01-01T00:01:00Z", "attributes": {"tenant": "a"}}
            """);

    assertThat(task.request().id()).isEqualTo("1");
    assertThat(text(task)).isEqualTo("hello");
    assertThat(task.request().maxTokens()).isEqualTo(5);
    assertThat(task.request().sampling())
        .isEqualTo(new Sampling(1.1, 0.2, 0.3, 0.5, 40, 0.8, 0.1, 7));
    assertThat(task.request().stopStrings()).containsExactly("END");
    assertThat(task.request().topLogprobs()).hasValue(2);
    assertThat(task.request().priority()).isEqualTo(3);
    assertThat(task.request().deadline()).contains(Instant.ofEpochSecond(60));
    assertThat(task.attributes()).isEqualTo(Map.of("tenant", "a"));
    assertThat(task.templateVersion()).isEqualTo("raw");
  }

  @Test
  void messagesGoThroughTheChatTemplate() {
    GenerationTask task =
        task("{\"id\":\"1\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");

    assertThat(text(task)).isEqualTo("user:hi\n");
    assertThat(task.templateVersion()).isEqualTo("template-1");
  }

  @Test
  void theModelsOwnNameAndNoNameAreBothServed() {
    assertThat(text(task("{\"id\":\"1\",\"prompt\":\"hi\",\"model\":\"fake\"}"))).isEqualTo("hi");
    assertThat(text(task("{\"id\":\"1\",\"prompt\":\"hi\"}"))).isEqualTo("hi");
  }

  @Test
  void whatTheRequestLeavesOutTheJobDecides() {
    Sampling sampling = task("{\"id\":\"1\",\"prompt\":\"hi\"}").request().sampling();

    assertThat(sampling.temperature()).isEqualTo(0.7);
    assertThat(sampling.topP()).isEqualTo(0.9);
  }

  @Test
  void theDefaultSeedIsThatOfTheIdSoThatAReplayRepeatsItself() {
    long seed = task("{\"id\":\"1\",\"prompt\":\"hi\"}").request().sampling().seed();

    assertThat(task("{\"id\":\"1\",\"prompt\":\"other\"}").request().sampling().seed())
        .isEqualTo(seed)
        .as("the first eight bytes of SHA-256 of \"1\"")
        .isEqualTo(0x6b86b273ff34fce1L);
    assertThat(task("{\"id\":\"2\",\"prompt\":\"hi\"}").request().sampling().seed())
        .isNotEqualTo(seed);
  }

  @Test
  void theDefaultMaxTokensShrinkToTheContext() {
    assertThat(task("{\"id\":\"1\",\"prompt\":\"hi\"}").request().maxTokens()).isEqualTo(16);
    assertThat(task(promptOf(95)).request().maxTokens()).isEqualTo(5);
  }

  @Test
  void everyKindOfUndecodableRecordHasItsCode() {
    assertRefused(letter("hello"), Stage.DECODE, ErrorCode.UNDECODABLE, "neither Avro");
    assertRefused(letter(new byte[] {(byte) 0xC3, 1, 2}), Stage.DECODE, ErrorCode.UNDECODABLE);
    assertRefused(
        letter(new byte[] {(byte) 0xC3, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0}),
        Stage.DECODE,
        ErrorCode.UNKNOWN_SCHEMA,
        "0807060504030201");
    assertRefused(letter("{\"id\":"), Stage.DECODE, ErrorCode.INVALID_JSON);
    assertRefused(letter("{\"prompt\":\"x\"}"), Stage.DECODE, ErrorCode.MISSING_FIELD, "id");
    assertRefused(
        letter("{\"id\":\"1\",\"max_tokens\":\"5\"}"),
        Stage.DECODE,
        ErrorCode.WRONG_TYPE,
        "max_tokens",
        "\"5\"");
    assertRefused(letter("{\"id\":\"1\",\"maxTokens\":5}"), Stage.DECODE, ErrorCode.UNKNOWN_FIELD);
    assertRefused(letter(Optional.empty()), Stage.DECODE, ErrorCode.NULL_VALUE);
    assertRefused(
        letter("{\"id\":\"1\",\"prompt\":\"" + "x".repeat(MAX_RECORD_BYTES) + "\"}"),
        Stage.DECODE,
        ErrorCode.RECORD_TOO_LARGE,
        "millrace.max-record-size");
  }

  @Test
  void everyKindOfInvalidRequestHasItsCode() {
    assertInvalid("\"prompt\":\"\"", ErrorCode.NO_MESSAGES);
    assertInvalid("\"messages\":[]", ErrorCode.NO_MESSAGES);
    assertInvalid("\"max_tokens\":5", ErrorCode.NO_MESSAGES);
    assertInvalid(
        "\"prompt\":\"x\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]",
        ErrorCode.AMBIGUOUS_INPUT);
    assertInvalid("\"prompt\":\"x\",\"max_tokens\":0", ErrorCode.INVALID_MAX_TOKENS, "0");
    assertInvalid("\"prompt\":\"x\",\"max_tokens\":-3", ErrorCode.INVALID_MAX_TOKENS, "-3");
    assertInvalid("\"prompt\":\"x\",\"temperature\":-0.1", ErrorCode.INVALID_TEMPERATURE, "-0.1");
    assertInvalid("\"prompt\":\"x\",\"temperature\":1e999", ErrorCode.INVALID_TEMPERATURE);
    assertInvalid("\"prompt\":\"x\",\"top_p\":0", ErrorCode.INVALID_TOP_P, "0.0");
    assertInvalid("\"prompt\":\"x\",\"top_p\":1.01", ErrorCode.INVALID_TOP_P, "1.01");
    assertInvalid("\"prompt\":\"x\",\"top_k\":-1", ErrorCode.INVALID_TOP_K);
    assertInvalid("\"prompt\":\"x\",\"min_p\":2", ErrorCode.INVALID_MIN_P);
    assertInvalid("\"prompt\":\"x\",\"repetition_penalty\":0", ErrorCode.INVALID_PENALTY);
    assertInvalid("\"prompt\":\"x\",\"presence_penalty\":3", ErrorCode.INVALID_PENALTY);
    assertInvalid("\"prompt\":\"x\",\"frequency_penalty\":-3", ErrorCode.INVALID_PENALTY);
    assertInvalid("\"prompt\":\"x\",\"stop\":[\"\"]", ErrorCode.INVALID_STOP);
    assertInvalid("\"prompt\":\"x\",\"logprobs\":21", ErrorCode.INVALID_LOGPROBS);
    assertInvalid("\"prompt\":\"x\",\"model\":\"gpt\"", ErrorCode.UNKNOWN_MODEL, "gpt", "fake");
    assertInvalid("\"prompt\":\"x\",\"adapter\":\"legal\"", ErrorCode.UNKNOWN_ADAPTER, "legal");
    assertInvalid("\"task\":\"summarise\"", ErrorCode.UNKNOWN_TASK, "summarise");
    assertInvalid(
        "\"prompt\":\"x\",\"response_format\":{\"type\":\"regex\",\"regex\":\"(?=a)\"}",
        ErrorCode.INVALID_RESPONSE_FORMAT);
    assertInvalid(
        "\"prompt\":\"x\",\"deadline\":\"1970-01-01T00:00:05Z\"", // the record was read then
        ErrorCode.DEADLINE_EXPIRED);
    assertRefused(letter("{\"id\":\" \",\"prompt\":\"x\"}"), Stage.VALIDATE, ErrorCode.INVALID_ID);
  }

  @Test
  void anAdapterThatIsServedGoesWithTheRequest() {
    model.adapters().put("legal", "hash");

    GenerationTask task = task("{\"id\":\"1\",\"prompt\":\"x\",\"adapter\":\"legal\"}");

    assertThat(task.request().adapter()).contains("legal");
  }

  @Test
  void aTemperatureThatIsNoNumberCanOnlyComeInAvro() {
    GenerationRequest request =
        GenerationRequest.newBuilder().setId("1").setPrompt("x").setTemperature(Double.NaN).build();

    assertRefused(letter(encoded(request)), Stage.VALIDATE, ErrorCode.INVALID_TEMPERATURE, "NaN");
  }

  @Test
  void whatCannotFitTheModelIsRefusedWithTheNumbers() {
    assertRefused(letter(promptOf(100)), Stage.RENDER, ErrorCode.PROMPT_TOO_LONG, "100");
    assertRefused(
        letter("{\"id\":\"1\",\"prompt\":\"hello\",\"max_tokens\":96}"),
        Stage.RENDER,
        ErrorCode.CONTEXT_EXCEEDED,
        "max_tokens 96 + prompt 5 exceeds the model's context of 100");
    assertRefused(
        letter("{\"id\":\"1\",\"prompt\":\"hello\",\"max_tokens\":2147483647}"),
        Stage.RENDER,
        ErrorCode.CONTEXT_EXCEEDED);
  }

  @Test
  void whatFitsTheContextButNotTheCacheIsRefusedToo() {
    PromptPreparer small =
        new PromptPreparer(
            FakeModel.drivenWithCache(20),
            new RequestDefaults(16, 0, 1, MAX_RECORD_BYTES),
            Tasks.none());
    Prepared refused =
        small.prepare(Prompts.record("{\"id\":\"1\",\"prompt\":\"hello\",\"max_tokens\":16}"));

    assertRefused(letter(refused), Stage.RENDER, ErrorCode.CACHE_EXCEEDED, "millrace.cache-tokens");
    assertThat(small.prepare(Prompts.record("{\"id\":\"1\",\"prompt\":\"hello\"}")))
        .isInstanceOfSatisfying(
            GenerationTask.class, task -> assertThat(task.request().maxTokens()).isEqualTo(15));
  }

  @Test
  void aConversationTheTemplateRefusesIsADeadLetter() {
    assertRefused(
        letter("{\"id\":\"1\",\"messages\":[{\"role\":\"refused\",\"content\":\"x\"}]}"),
        Stage.RENDER,
        ErrorCode.TEMPLATE_ERROR,
        "role 'refused' is not known");
  }

  @Test
  void aBugInRenderingCostsOneRecordAndNotTheJob() {
    assertRefused(
        letter("{\"id\":\"1\",\"messages\":[{\"role\":\"crash\",\"content\":\"x\"}]}"),
        Stage.RENDER,
        ErrorCode.TEMPLATE_ERROR,
        "a bug");
  }

  @Test
  void aDeadLetterHoldsTheRecordByteForByte() {
    PromptRecord record = Prompts.record(Optional.of(Bytes.of(new byte[] {0, -1, 7})));
    DeadLetter letter = letter(preparer.prepare(record));

    assertThat(letter.getKey()).contains(record.key().orElseThrow().buffer());
    assertThat(letter.getValue()).contains(record.value().orElseThrow().buffer());
    assertThat(letter.getHeaders())
        .containsExactly(
            new Header("trace", Bytes.utf8("a").buffer()),
            new Header("trace", Bytes.utf8("b").buffer()),
            new Header("empty", null));
    assertThat(letter.getTopic()).isEqualTo("prompts");
    assertThat(letter.getPartition()).isEqualTo(3);
    assertThat(letter.getOffset()).isEqualTo(42);
    assertThat(letter.getTimestamp()).contains(Instant.ofEpochMilli(Prompts.TIMESTAMP));
    assertThat(letter.getAttempts()).isZero();
    assertThat(letter.getId()).isEmpty();
  }

  @Test
  void theOutcomeOfARefusalCarriesKeyHeadersAndTimestamp() {
    PromptRecord record = Prompts.record("hello");

    assertThat(preparer.prepare(record))
        .isInstanceOfSatisfying(
            Refusal.class,
            refusal -> {
              assertThat(refusal.deadLetter().key()).isEqualTo(record.key());
              assertThat(refusal.deadLetter().headers()).isEqualTo(record.headers());
              assertThat(refusal.deadLetter().timestamp()).isEqualTo(record.timestamp());
            });
  }

  @Test
  void noBytesEverMakeAnException() {
    Random random = new Random(1);
    byte[] valid = encoded(GenerationRequest.newBuilder().setId("1").setPrompt("hello").build());
    for (int round = 0; round < 5_000; round++) {
      byte[] bytes =
          random.nextBoolean() ? valid.clone() : "{\"id\":\"1\",\"prompt\":\"x\"}".getBytes(UTF_8);
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);

      assertThat(preparer.prepare(Prompts.record(Optional.of(Bytes.of(bytes))))).isNotNull();
    }
  }

  private void assertInvalid(String fields, ErrorCode code, String... words) {
    Stage stage = code.stage();
    DeadLetter letter = letter("{\"id\":\"1\"," + fields + "}");
    assertRefused(letter, stage, code, words);
    assertThat(letter.getId()).contains("1");
  }

  private static void assertRefused(
      DeadLetter letter, Stage stage, ErrorCode code, String... words) {
    assertThat(letter.getCode()).as(letter.getMessage()).isEqualTo(code.name());
    assertThat(letter.getStage()).isEqualTo(stage);
    assertThat(List.of(words)).allSatisfy(word -> assertThat(letter.getMessage()).contains(word));
  }

  private GenerationTask task(String json) {
    Prepared prepared = preparer.prepare(Prompts.record(json));
    assertThat(prepared).isInstanceOf(GenerationTask.class);
    return (GenerationTask) prepared;
  }

  private DeadLetter letter(String value) {
    return letter(preparer.prepare(Prompts.record(value)));
  }

  private DeadLetter letter(byte[] value) {
    return letter(Optional.of(Bytes.of(value)));
  }

  private DeadLetter letter(Optional<Bytes> value) {
    return letter(preparer.prepare(Prompts.record(value)));
  }

  private static DeadLetter letter(Prepared prepared) {
    assertThat(prepared).isInstanceOf(Refusal.class);
    return Outcomes.deadLetters(List.of(((Refusal) prepared).deadLetter())).get(0);
  }

  private static byte[] encoded(GenerationRequest request) {
    return RecordCodec.of(GenerationRequest.class).encode(request);
  }

  private static String promptOf(int tokens) {
    return "{\"id\":\"1\",\"prompt\":\"" + "x".repeat(tokens) + "\"}";
  }

  private static String text(GenerationTask task) {
    StringBuilder text = new StringBuilder();
    task.request().prompt().stream().forEach(token -> text.append((char) token));
    return text.toString();
  }
}
