package dev.millrace.cli.jsonl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.Message;
import dev.millrace.schema.RecordFormatException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RequestLinesTest {
  private final RequestLines lines = new RequestLines();

  @Test
  void aLineInMillracesFormIsReadAsItsSchemaNamesTheFields() throws Exception {
    GenerationRequest request =
        lines.read("{\"id\": \"1\", \"prompt\": \"Once\", \"max_tokens\": 7}");

    assertThat(request.getId()).isEqualTo("1");
    assertThat(request.getPrompt()).contains("Once");
    assertThat(request.getMaxTokens()).contains(7);
  }

  @Test
  void anOpenAiBatchLineIsTheSameRequest() throws Exception {
    GenerationRequest request =
        lines.read(
            """
            {"custom_id": "r-1", "method": "POST", "url": "/v1/chat/completions", "body": {
              "model": "small", "max_completion_tokens": 9, "temperature": 0.5, "stop": "END",
              "logprobs": true, "top_logprobs": 2, "n": 1, "stream": false,
              "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": [{"type": "text", "text": "a"},
                                             {"type": "text", "text": "b"}]}]}}
            """);

    assertThat(request.getId()).isEqualTo("r-1");
    assertThat(request.getModel()).contains("small");
    assertThat(request.getMaxTokens()).contains(9);
    assertThat(request.getTemperature()).contains(0.5);
    assertThat(request.getStop()).containsExactly("END");
    assertThat(request.getLogprobs()).contains(2);
    assertThat(request.getMessages().orElseThrow())
        .containsExactly(new Message("system", "Be brief."), new Message("user", "ab"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"custom_id\": \"1\", \"body\": {\"messages\": [], \"tools\": []}}",
        "{\"custom_id\": \"1\", \"body\": {\"messages\": [], \"n\": 2}}",
        "{\"custom_id\": \"1\", \"body\": {\"messages\": [], \"stream\": true}}",
        "{\"custom_id\": \"1\", \"body\": {\"messages\": [], \"response_format\":"
            + " {\"type\": \"json_object\"}}}",
        "{\"custom_id\": \"1\", \"body\": {\"messages\": [{\"role\": \"user\", \"content\":"
            + " [{\"type\": \"image_url\"}]}]}}",
      })
  void whatAnOpenAiLineAsksForInVainIsRefusedByName(String line) {
    assertThatThrownBy(() -> lines.read(line))
        .isInstanceOf(RecordFormatException.class)
        .hasMessageContaining("not supported");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "no json", "[1]", "{\"id\": \"1\", \"max_tokns\": 3}", "{\"id\": 1}"})
  void whatIsNoRequestIsRefused(String line) {
    assertThatThrownBy(() -> lines.read(line)).isInstanceOf(RecordFormatException.class);
  }
}
