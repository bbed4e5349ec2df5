package dev.millrace.job.record;

import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.TokenIds;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Prompts that tests share. */
public final class Prompts {
  public static final long TIMESTAMP = 1_000;
  public static final long READ_AT = 5_000;

  private Prompts() {}

  /** A record with a value, a key, and headers of which one repeats and one is null. */
  public static PromptRecord record(String value) {
    return record(Optional.of(Bytes.utf8(value)));
  }

  public static PromptRecord record(Optional<Bytes> value) {
    return new PromptRecord(
        "prompts",
        3,
        42,
        OptionalLong.of(TIMESTAMP),
        Optional.of(Bytes.of(new byte[] {0, -1})),
        value,
        List.of(
            new RecordHeader("trace", Optional.of(Bytes.utf8("a"))),
            new RecordHeader("trace", Optional.of(Bytes.utf8("b"))),
            new RecordHeader("empty", Optional.empty())),
        READ_AT);
  }

  /** A task to continue a prompt with at most 20 tokens. */
  public static GenerationTask task(String id, String prompt) {
    return task(request(id, prompt).build());
  }

  public static GenerationTask task(GenerateRequest request) {
    return new GenerationTask(
        record("{\"id\":\"" + request.id() + "\"}"), request, Map.of("tenant", "a"), "raw");
  }

  public static GenerateRequest.Builder request(String id, String prompt) {
    return GenerateRequest.builder(id, TokenIds.of(prompt.chars().toArray())).maxTokens(20);
  }
}
