package dev.millrace.cli.jsonl;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.FinishReason;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.TokenLogprob;
import dev.millrace.schema.TopLogprob;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Lines of the output file and the error file that belong to an OpenAI batch file.
 *
 * @see <a href="https://platform.openai.com/docs/api-reference/batch/request-output">OpenAI's
 *     request output object</a>
 */
public final class OpenAiAnswerLine {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String CUSTOM_ID = "custom_id";

  private OpenAiAnswerLine() {}

  /** Whether a line of the input is one of an OpenAI batch file. */
  public static boolean isAskedForBy(String inputLine) {
    try {
      return JSON.readTree(inputLine).has(CUSTOM_ID);
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  /**
   * The line of the output file.
   *
   * @param key names the row within the batch
   */
  public static String of(String key, GenerationResult answer) {
    ObjectNode line = line(key, answer.getId());
    ObjectNode response = line.putObject("response");
    response.put("status_code", 200).put("request_id", key);
    response.set("body", body(key, answer));
    return line.putNull("error").toString();
  }

  /** The line of the error file. */
  public static String of(String key, String inputLine, DeadLetter letter) {
    ObjectNode line = line(key, customId(inputLine)).putNull("response");
    line.putObject("error").put("code", letter.getCode()).put("message", letter.getMessage());
    return line.toString();
  }

  private static ObjectNode line(String key, String customId) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("id", "batch_req_" + key)
        .put(CUSTOM_ID, customId);
  }

  private static String customId(String inputLine) {
    try {
      return JSON.readTree(inputLine).path(CUSTOM_ID).asText();
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("no line of an OpenAI batch file", e);
    }
  }

  private static ObjectNode body(String key, GenerationResult answer) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.put("id", "chatcmpl-" + key).put("object", "chat.completion");
    body.put("model", answer.getProvenance().getModel());
    ObjectNode choice = body.putArray("choices").addObject().put("index", 0);
    choice.putObject("message").put("role", "assistant").put("content", answer.getText());
    answer.getLogprobs().ifPresent(tokens -> addLogprobs(choice, tokens));
    choice.put("finish_reason", finishReason(answer.getFinishReason()));
    ObjectNode usage = body.putObject("usage");
    usage.put("prompt_tokens", answer.getPromptTokens());
    usage.put("completion_tokens", answer.getCompletionTokens());
    usage.put("total_tokens", answer.getPromptTokens() + answer.getCompletionTokens());
    usage.putObject("prompt_tokens_details").put("cached_tokens", answer.getCachedPromptTokens());
    return body;
  }

  private static void addLogprobs(ObjectNode choice, List<TokenLogprob> tokens) {
    var content = choice.putObject("logprobs").putArray("content");
    for (TokenLogprob token : tokens) {
      ObjectNode entry = content.addObject();
      put(entry, token.getToken(), token.getLogprob());
      var top = entry.putArray("top_logprobs");
      for (TopLogprob other : token.getTop()) {
        put(top.addObject(), other.getToken(), other.getLogprob());
      }
    }
  }

  private static void put(ObjectNode entry, String token, float logprob) {
    entry.put("token", token).put("logprob", logprob);
    var bytes = entry.putArray("bytes");
    for (byte b : token.getBytes(StandardCharsets.UTF_8)) {
      bytes.add(b & 0xFF);
    }
  }

  private static String finishReason(FinishReason reason) {
    return switch (reason) {
      case STOP -> "stop";
      case LENGTH -> "length";
      case DEADLINE, OTHER -> reason.name().toLowerCase(java.util.Locale.ROOT);
    };
  }
}
