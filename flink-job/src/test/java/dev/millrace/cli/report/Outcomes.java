package dev.millrace.cli.report;

import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.FinishReason;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.Provenance;
import dev.millrace.schema.Stage;
import java.util.List;

/** Outcome records for tests, with only what a test is about chosen by it. */
public final class Outcomes {
  private Outcomes() {}

  public static GenerationResult completion(String id, int tokens) {
    return GenerationResult.newBuilder()
        .setId(id)
        .setText("text of " + id)
        .setFinishReason(FinishReason.STOP)
        .setPromptTokens(3)
        .setCompletionTokens(tokens)
        .setProvenance(
            Provenance.newBuilder()
                .setModel("m")
                .setWeightsHash("h")
                .setTemplateVersion("t")
                .setSeed(0)
                .setEngineVersion("0")
                .build())
        .build();
  }

  public static GenerationLatency latency(String id, double totalMs) {
    return GenerationLatency.newBuilder()
        .setId(id)
        .setTimeInTopicMs(1)
        .setTimeInQueueMs(2)
        .setTimeToFirstTokenMs(3)
        .setTimePerOutputTokenMs(4)
        .setTotalMs(totalMs)
        .setBatchSize(1)
        .setDevice("cpu")
        .setTokensPerSecond(10)
        .build();
  }

  public static DeadLetter deadLetter(String id) {
    return DeadLetter.newBuilder()
        .setId(id)
        .setTopic("prompts")
        .setPartition(0)
        .setOffset(0)
        .setHeaders(List.of())
        .setStage(Stage.VALIDATE)
        .setCode("INVALID_TOP_P")
        .setMessage("top_p 2 must be greater than 0 and at most 1")
        .build();
  }
}
