package dev.millrace.schema;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Requests that tests share. */
final class Requests {
  private Requests() {}

  static GenerationRequest prompt(String id) {
    return GenerationRequest.newBuilder().setId(id).setPrompt("hi").build();
  }

  static GenerationRequest withEveryField() {
    return GenerationRequest.newBuilder()
        .setId("1")
        .setModel("llama")
        .setMessages(List.of(new Message("user", "höi <|eot_id|>")))
        .setTask("summarise")
        .setInput(Map.of("document", "text"))
        .setMaxTokens(5)
        .setTemperature(0.5)
        .setTopP(0.9)
        .setTopK(40)
        .setMinP(0.1)
        .setRepetitionPenalty(1.1)
        .setPresencePenalty(0.2)
        .setFrequencyPenalty(0.3)
        .setSeed(-7L)
        .setStop(List.of("END"))
        .setLogprobs(2)
        .setResponseFormat(
            ResponseFormat.newBuilder()
                .setType(ResponseFormatType.choice)
                .setChoice(List.of("yes", "no"))
                .build())
        .setAdapter("legal")
        .setPriority(3)
        .setDeadline(Instant.parse("2026-11-21T08:00:00.123Z"))
        .setAttributes(Map.of("tenant", "a"))
        .build();
  }
}
