package dev.millrace.schema;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class NaturalJsonTest {
  private final NaturalJson<GenerationRequest> json = NaturalJson.of(GenerationRequest.class);

  @Test
  void aPersonCanTypeAPrompt() throws Exception {
    GenerationRequest request = read("{\"id\":\"1\",\"prompt\":\"hi\",\"max_tokens\":5}");

    assertThat(request)
        .isEqualTo(
            GenerationRequest.newBuilder().setId("1").setPrompt("hi").setMaxTokens(5).build());
  }

  @Test
  void messagesAndFormatsAreNestedAsOneWouldWriteThem() throws Exception {
    GenerationRequest request =
        read(
            """
            {"id": "1",
             "messages": [{"role": "user", "content": "hi"}],
             "response_format": {"type": "choice", "choice": ["a", "b"]},
             "deadline": "2026-11-21T08:00:00Z",
             "temperature": 1,
             "seed": null}
            """);

    assertThat(request.getMessages()).contains(List.of(new Message("user", "hi")));
    assertThat(request.getResponseFormat().orElseThrow().getChoice()).containsExactly("a", "b");
    assertThat(request.getDeadline()).contains(Instant.parse("2026-11-21T08:00:00Z"));
    assertThat(request.getTemperature()).contains(1.0);
    assertThat(request.getSeed()).isEmpty();
  }

  @Test
  void everyFieldSurvivesTheRoundTrip() throws Exception {
    GenerationRequest request = Requests.withEveryField();

    assertThat(read(json.write(request))).isEqualTo(request);
  }

  @Test
  void bytesAreBase64() throws Exception {
    NaturalJson<DeadLetter> letters = NaturalJson.of(DeadLetter.class);
    DeadLetter letter =
        DeadLetter.newBuilder()
            .setTopic("prompts")
            .setPartition(0)
            .setOffset(7)
            .setHeaders(List.of())
            .setValue(ByteBuffer.wrap(new byte[] {0, -1, 127}))
            .setStage(Stage.DECODE)
            .setCode(ErrorCode.UNDECODABLE.name())
            .setMessage("no")
            .build();

    assertThat(letters.write(letter)).contains("\"value\":\"AP9/\"");
    assertThat(letters.read(letters.write(letter).getBytes(UTF_8))).isEqualTo(letter);
  }

  @Test
  void aMissingFieldIsNamed() {
    assertFailure("{\"prompt\":\"hi\"}", ErrorCode.MISSING_FIELD, "the field id is missing");
    assertFailure(
        "{\"id\":\"1\",\"messages\":[{\"role\":\"user\"}]}",
        ErrorCode.MISSING_FIELD,
        "messages[0].content");
  }

  @Test
  void aMistypedFieldIsNamedWithItsValue() {
    assertFailure(
        "{\"id\":\"1\",\"max_tokens\":\"five\"}",
        ErrorCode.WRONG_TYPE,
        "max_tokens must be a whole number of 32 bits, not \"five\"");
    assertFailure("{\"id\":\"1\",\"max_tokens\":5.5}", ErrorCode.WRONG_TYPE, "5.5");
    assertFailure("{\"id\":\"1\",\"max_tokens\":3000000000}", ErrorCode.WRONG_TYPE, "3000000000");
    assertFailure("{\"id\":1}", ErrorCode.WRONG_TYPE, "id must be a string, not 1");
    assertFailure("{\"id\":null}", ErrorCode.WRONG_TYPE, "id must be a string, not null");
    assertFailure("{\"id\":\"1\",\"stop\":\"x\"}", ErrorCode.WRONG_TYPE, "stop must be an array");
    assertFailure("{\"id\":\"1\",\"deadline\":\"soon\"}", ErrorCode.WRONG_TYPE, "deadline");
    assertFailure("[1]", ErrorCode.WRONG_TYPE, "the value must be an object");
    assertFailure(
        "{\"id\":\"1\",\"response_format\":{\"type\":\"xml\"}}",
        ErrorCode.WRONG_TYPE,
        "response_format.type must be one of [text, choice, regex, json_schema], not \"xml\"");
  }

  @Test
  void anUnknownFieldIsNamedBecauseItMayBeAMisspeltParameter() {
    assertFailure(
        "{\"id\":\"1\",\"prompt\":\"hi\",\"maxTokens\":5}", ErrorCode.UNKNOWN_FIELD, "maxTokens");
  }

  @Test
  void brokenJsonIsReportedWithItsPlace() {
    assertFailure("{\"id\":\"1\",", ErrorCode.INVALID_JSON, "line 1");
    assertFailure("{\"id\":\"1\"} x", ErrorCode.INVALID_JSON, "not well-formed");
    assertFailure("{\"id\":\"1\",\"id\":\"2\"}", ErrorCode.INVALID_JSON, "Duplicate");
    assertFailure("{\"id\":\"1\",\"temperature\":NaN}", ErrorCode.INVALID_JSON, "NaN");
    assertFailure("{\"a\":".repeat(5_000), ErrorCode.INVALID_JSON, "depth");
    assertFailure("", ErrorCode.WRONG_TYPE, "the value must be an object");
  }

  @Test
  void aLongValueIsNotRepeatedInTheMessage() {
    RecordFormatException error = failure("{\"id\":[\"" + "x".repeat(10_000) + "\"]}");

    assertThat(error.getMessage()).hasSizeLessThan(200);
  }

  private GenerationRequest read(String text) throws RecordFormatException {
    return json.read(text.getBytes(UTF_8));
  }

  private void assertFailure(String text, ErrorCode code, String message) {
    RecordFormatException error = failure(text);
    assertThat(error.code()).isEqualTo(code);
    assertThat(error).hasMessageContaining(message);
  }

  private RecordFormatException failure(String text) {
    return catchThrowableOfType(RecordFormatException.class, () -> read(text));
  }
}
