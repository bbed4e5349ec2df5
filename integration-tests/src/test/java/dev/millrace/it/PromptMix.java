package dev.millrace.it;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationRequest;
import dev.millrace.schema.RecordCodec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Prompts of every good and every bad kind, and what must become of each. */
public final class PromptMix {
  /**
   * A prompt's bytes.
   *
   * @param value empty for a tombstone
   * @param refusal empty if it must be completed
   */
  public record Prompt(Optional<byte[]> value, Optional<ErrorCode> refusal) {}

  private static final int FIVE_MEGABYTES = 5 << 20;

  private final Map<String, Prompt> prompts = new LinkedHashMap<>();

  private PromptMix() {}

  /** So many prompts by id, a tenth of them bad, every bad kind among them. */
  static Map<String, Prompt> of(int count, int contextLength) {
    PromptMix mix = new PromptMix();
    mix.addBad(contextLength);
    IntStream.iterate(0, i -> mix.prompts.size() < count, i -> i + 1).forEach(mix::addGood);
    return mix.prompts;
  }

  /** One of every bad kind, by the name of the kind. */
  public static Map<String, Prompt> bad(int contextLength) {
    PromptMix mix = new PromptMix();
    mix.addBad(contextLength);
    return mix.prompts;
  }

  /** Whether it is so large that a test wants few of it. */
  public static boolean isLarge(Prompt prompt) {
    return prompt.value().filter(value -> value.length > 100_000).isPresent();
  }

  private void addGood(int i) {
    String id = "good-" + i;
    switch (i % 4) {
      case 0 ->
          good(id, json(id, "\"messages\":[{\"role\":\"user\",\"content\":\"Hello " + i + "\"}]"));
      case 1 -> good(id, json(id, "\"prompt\":\"Once upon a time " + i + "\",\"temperature\":0.8"));
      case 2 -> good(id, RecordCodec.of(GenerationRequest.class).encode(request(id)));
      default ->
          good(
              id,
              json(
                  id,
                  "\"messages\":[{\"role\":\"user\",\"content\":\"<|eot_id|>ünï😀 <|begin_of_text|>\"}],\"stop\":[\"zzz\"],\"logprobs\":1"));
    }
  }

  private void addBad(int contextLength) {
    bad("undecodable", new byte[] {1, 2, 3, 4, 5}, ErrorCode.UNDECODABLE);
    bad("unknown-fingerprint", unknownFingerprint(), ErrorCode.UNKNOWN_SCHEMA);
    bad("truncated-avro", truncatedAvro(), ErrorCode.UNDECODABLE);
    bad("broken-json", "{\"id\":\"x\",".getBytes(UTF_8), ErrorCode.INVALID_JSON);
    bad("missing-field", "{\"prompt\":\"hi\"}".getBytes(UTF_8), ErrorCode.MISSING_FIELD);
    badJson("mistyped-field", "\"prompt\":\"hi\",\"max_tokens\":\"five\"", ErrorCode.WRONG_TYPE);
    badJson("unknown-field", "\"prompt\":\"hi\",\"max_token\":5", ErrorCode.UNKNOWN_FIELD);
    prompts.put("null-value", new Prompt(Optional.empty(), Optional.of(ErrorCode.NULL_VALUE)));
    badJson("no-messages", "\"messages\":[]", ErrorCode.NO_MESSAGES);
    badJson("zero-max-tokens", "\"prompt\":\"hi\",\"max_tokens\":0", ErrorCode.INVALID_MAX_TOKENS);
    badJson(
        "negative-temperature",
        "\"prompt\":\"hi\",\"temperature\":-1",
        ErrorCode.INVALID_TEMPERATURE);
    bad("nan-temperature", nanTemperature(), ErrorCode.INVALID_TEMPERATURE);
    badJson("zero-top-p", "\"prompt\":\"hi\",\"top_p\":0", ErrorCode.INVALID_TOP_P);
    badJson("large-top-p", "\"prompt\":\"hi\",\"top_p\":1.5", ErrorCode.INVALID_TOP_P);
    String tooLong = "word ".repeat(contextLength);
    badJson("long-prompt", "\"prompt\":\"" + tooLong + "\"", ErrorCode.PROMPT_TOO_LONG);
    badJson(
        "long-answer",
        "\"prompt\":\"hi\",\"max_tokens\":" + contextLength,
        ErrorCode.CONTEXT_EXCEEDED);
    badJson("unknown-model", "\"prompt\":\"hi\",\"model\":\"gpt\"", ErrorCode.UNKNOWN_MODEL);
    badJson("unknown-task", "\"task\":\"sing\"", ErrorCode.UNKNOWN_TASK);
    badJson(
        "late",
        "\"prompt\":\"hi\",\"deadline\":\"2020-01-01T00:00:00Z\"",
        ErrorCode.DEADLINE_EXPIRED);
    badJson(
        "huge", "\"prompt\":\"" + "x".repeat(FIVE_MEGABYTES) + "\"", ErrorCode.RECORD_TOO_LARGE);
  }

  private void good(String id, byte[] value) {
    prompts.put(id, new Prompt(Optional.of(value), Optional.empty()));
  }

  private void badJson(String id, String fields, ErrorCode code) {
    bad(id, ("{\"id\":\"" + id + "\"," + fields + "}").getBytes(UTF_8), code);
  }

  private void bad(String id, byte[] value, ErrorCode code) {
    prompts.put(id, new Prompt(Optional.of(value), Optional.of(code)));
  }

  private static byte[] json(String id, String fields) {
    return "{\"id\":\"%s\",%s,\"max_tokens\":12,\"attributes\":{\"for\":\"%s\"}}"
        .formatted(id, fields, id)
        .getBytes(UTF_8);
  }

  private static GenerationRequest request(String id) {
    return GenerationRequest.newBuilder()
        .setId(id)
        .setPrompt("It was a dark and stormy night " + id)
        .setMaxTokens(12)
        .setAttributes(Map.of("for", id))
        .build();
  }

  private static byte[] unknownFingerprint() {
    byte[] encoded = RecordCodec.of(GenerationRequest.class).encode(request("unknown"));
    ByteBuffer.wrap(encoded).order(ByteOrder.LITTLE_ENDIAN).putLong(2, 42);
    return encoded;
  }

  private static byte[] truncatedAvro() {
    byte[] encoded = RecordCodec.of(GenerationRequest.class).encode(request("cut"));
    return java.util.Arrays.copyOf(encoded, encoded.length / 2);
  }

  private static byte[] nanTemperature() {
    GenerationRequest request = request("nan-temperature");
    request.setTemperature(Double.NaN);
    return RecordCodec.of(GenerationRequest.class).encode(request);
  }
}
