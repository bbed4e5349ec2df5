package dev.millrace.job.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.engine.FinishReason;
import dev.millrace.engine.GenerateRequest;
import dev.millrace.engine.GenerationException;
import dev.millrace.engine.Tenant;
import dev.millrace.engine.TokenIds;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.TestSettings;
import dev.millrace.job.model.FakeModel;
import dev.millrace.job.outcome.DeadLetters;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.Outcomes;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.OutputTopic;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.record.Prompts;
import dev.millrace.job.record.Refusal;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import dev.millrace.schema.Stage;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class GenerateOperatorTest {
  private static final Set<Thread.State> WAITING =
      Set.of(Thread.State.WAITING, Thread.State.TIMED_WAITING);

  private final FakeModel model = FakeModel.driven();

  @Test
  void aCompletionLeavesWithItsLatencyRecord() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model)) {
      GenerationTask task = Prompts.task("a", "hello");
      operator.process(task);
      model.submitted(0).generate("world").finish();
      operator.runMails();

      assertThat(operator.output())
          .extracting(OutputRecord::topic)
          .containsExactly(OutputTopic.COMPLETIONS, OutputTopic.LATENCY);
      assertThat(operator.output())
          .allSatisfy(
              record -> {
                assertThat(record.key()).isEqualTo(task.origin().key());
                assertThat(record.headers()).isEqualTo(task.origin().headers());
                assertThat(record.timestamp()).isEqualTo(task.origin().timestamp());
              });
      GenerationResult result = Outcomes.results(operator.output()).get(0);
      assertThat(result.getId()).isEqualTo("a");
      assertThat(result.getText()).isEqualTo("world");
      assertThat(result.getFinishReason()).isEqualTo(dev.millrace.schema.FinishReason.STOP);
      assertThat(result.getPromptTokens()).isEqualTo(5);
      assertThat(result.getCompletionTokens()).isEqualTo(5);
      assertThat(result.getAttributes()).containsEntry("tenant", "a");
      assertThat(result.getLogprobs()).isEmpty();
      assertThat(result.getProvenance().getModel()).isEqualTo("fake");
      assertThat(result.getProvenance().getWeightsHash()).isEqualTo("hash-of-nothing");
      assertThat(result.getProvenance().getTemplateVersion()).isEqualTo("raw");
      assertThat(result.getProvenance().getEngineVersion()).isEqualTo("0-test");
    }
  }

  @Test
  void theLatencyRecordSaysWhereTheTimeWent() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model)) {
      operator.timeIs(Prompts.READ_AT + 7);
      operator.process(Prompts.task("a", "hello")); // stamped at 1,000, read at 5,000
      operator.timeIs(6_000);
      model.submitted(0).generate("12345").finish(); // queued 10, first token 30, total 110 ms
      operator.runMails();

      GenerationLatency latency = Outcomes.latencies(operator.output()).get(0);
      assertThat(latency.getTimeInTopicMs()).isEqualTo(4_000);
      assertThat(latency.getTimeInQueueMs()).isEqualTo(17);
      assertThat(latency.getTimeToFirstTokenMs()).isEqualTo(37);
      assertThat(latency.getTimePerOutputTokenMs()).isEqualTo(20);
      assertThat(latency.getTotalMs()).isEqualTo(5_000);
      assertThat(latency.getBatchSize()).isEqualTo(4);
      assertThat(latency.getAttempts()).isEqualTo(1);
      assertThat(latency.getResumedTokens()).isZero();
      assertThat(latency.getTokensPerSecond()).isEqualTo(50);
      assertThat(latency.getDevice()).isEqualTo("cpu");
    }
  }

  @Test
  void resultsLeaveAsTheyFinish() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model)) {
      operator.process(Prompts.task("slow", "x"));
      operator.process(Prompts.task("fast", "x"));
      model.submitted(1).finish();
      operator.runMails();

      assertThat(ids(operator)).containsExactly("fast");
    }
  }

  @Test
  void aRefusalPassesThrough() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model)) {
      OutputRecord letter =
          DeadLetters.of(Prompts.record("x"), Optional.empty(), ErrorCode.UNDECODABLE, "no");
      operator.process(new Refusal(letter));

      assertThat(operator.output()).containsExactly(letter);
      assertThat(model.submitted()).isEmpty();
    }
  }

  @Test
  void aRequestGoesToTheEngineOnItsTenantsAccount() throws Exception {
    JobSettings settings =
        TestSettings.with("millrace.tenant.attribute", "tenant", "millrace.tenant.shares.a", "2.5");
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, settings)) {
      operator.process(Prompts.task("mine", "x")); // its attribute tenant is a

      assertThat(model.submitted(0).request().tenant()).isEqualTo(new Tenant("a", 2.5));
    }
  }

  @Test
  void oneRequestsFailureIsItsDeadLetterAndTheOthersGoOn() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model)) {
      operator.process(Prompts.task("poison", "x"));
      operator.process(Prompts.task("fine", "x"));
      model.submitted(0).fail(GenerationException.Code.GENERATION_FAILED, "NaN everywhere");
      model.submitted(1).finish();
      operator.runMails();

      DeadLetter letter = Outcomes.deadLetters(operator.output()).get(0);
      assertThat(letter.getId()).contains("poison");
      assertThat(letter.getCode()).isEqualTo(ErrorCode.GENERATION_FAILED.name());
      assertThat(letter.getStage()).isEqualTo(Stage.GENERATE);
      assertThat(letter.getMessage()).contains("NaN everywhere");
      assertThat(letter.getAttempts()).isEqualTo(1);
      assertThat(ids(operator)).containsExactly("fine");
    }
  }

  @Test
  void anEngineThatEndsFailsTheTaskAndNotTheRequest() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model)) {
      operator.process(Prompts.task("a", "x"));
      model.submitted(0).fail(GenerationException.Code.ENGINE_CLOSED, "device lost");

      assertThatThrownBy(operator::runMails).hasMessageContaining("device lost");
      assertThat(operator.output()).isEmpty();
    }
  }

  @Test
  void aRestoredGenerationGoesOnFromItsTokens() throws Exception {
    OperatorSubtaskState state;
    try (OperatorUnderTest operator = OperatorUnderTest.on(model)) {
      operator.process(Prompts.task("a", "hello"));
      model.submitted(0).generate("wor");
      operator.timeIs(5_500);
      state = operator.snapshot();
      model.submitted(0).generate("ld, lost with the failure");
    }
    FakeModel second = FakeModel.driven();
    try (OperatorUnderTest operator = OperatorUnderTest.restored(second, state)) {
      assertThat(second.submitted(0).request().resumed())
          .isEqualTo(TokenIds.of("wor".chars().toArray()));
      operator.timeIs(9_000);
      second.submitted(0).generate("ld").finish();
      operator.runMails();

      assertThat(Outcomes.results(operator.output()).get(0).getText()).isEqualTo("world");
      GenerationLatency latency = Outcomes.latencies(operator.output()).get(0);
      assertThat(latency.getAttempts()).isEqualTo(2);
      assertThat(latency.getResumedTokens()).isEqualTo(3);
      assertThat(latency.getTimeToFirstTokenMs())
          .as("known by the checkpoint, 500 ms after reading")
          .isEqualTo(500);
    }
  }

  @Test
  void whatWaitsInTheMailboxIsStillInTheCheckpoint() throws Exception {
    OperatorSubtaskState state;
    try (OperatorUnderTest operator = OperatorUnderTest.on(model)) {
      operator.process(Prompts.task("a", "hello"));
      model.submitted(0).generate("done").finish(); // its mail has not run
      state = operator.snapshot();

      assertThat(operator.output()).isEmpty();
    }
    FakeModel second = FakeModel.driven();
    try (OperatorUnderTest operator = OperatorUnderTest.restored(second, state)) {
      assertThat(second.submitted()).hasSize(1);
      assertThat(second.submitted(0).tokens().size()).isEqualTo(4);
      assertThat(operator.output()).isEmpty();
    }
  }

  @Test
  void whatWasEmittedBeforeTheCheckpointIsNotInIt() throws Exception {
    OperatorSubtaskState state;
    try (OperatorUnderTest operator = OperatorUnderTest.on(model)) {
      operator.process(Prompts.task("a", "hello"));
      operator.process(Prompts.task("b", "hello"));
      model.submitted(0).finish();
      operator.runMails();
      state = operator.snapshot();
    }
    FakeModel second = FakeModel.driven();
    try (OperatorUnderTest operator = OperatorUnderTest.restored(second, state)) {
      assertThat(second.submitted()).extracting(g -> g.request().id()).containsExactly("b");
      assertThat(operator.output()).isEmpty();
    }
  }

  @Test
  void aGenerationWithLogprobsKeepsThoseOfItsTokens() throws Exception {
    OperatorSubtaskState state;
    try (OperatorUnderTest operator = OperatorUnderTest.on(model)) {
      operator.process(Prompts.task(Prompts.request("a", "hello").topLogprobs(1).build()));
      model.submitted(0).generate("wor");
      state = operator.snapshot();
    }
    FakeModel second = FakeModel.driven();
    try (OperatorUnderTest operator = OperatorUnderTest.restored(second, state)) {
      second.submitted(0).generate("ld").finish();
      operator.runMails();

      assertThat(Outcomes.latencies(operator.output()).get(0).getResumedTokens()).isEqualTo(3);
      assertThat(Outcomes.results(operator.output()).get(0).getLogprobs().orElseThrow())
          .extracting(logprob -> logprob.getToken())
          .containsExactly("w", "o", "r", "l", "d");
    }
  }

  @Test
  void anAdapterThatHasChangedStartsAgainFromTheRecord() throws Exception {
    model.adapters().put("legal", "before");
    PromptRecord record = Prompts.record("{\"id\":\"a\",\"prompt\":\"x\",\"adapter\":\"legal\"}");
    GenerateRequest request = Prompts.request("a", "x").adapter("legal").build();
    OperatorSubtaskState state;
    try (OperatorUnderTest operator = OperatorUnderTest.on(model)) {
      operator.process(new GenerationTask(record, request, Map.of(), "raw"));
      model.submitted(0).generate("hi");
      state = operator.snapshot();
    }

    model.adapters().put("legal", "after");
    try (OperatorUnderTest operator = OperatorUnderTest.restored(model, state)) {
      operator.runMails();

      assertThat(model.submitted(1).request().adapter()).contains("legal");
      assertThat(model.submitted(1).request().resumed().isEmpty()).isTrue();
    }
  }

  @Test
  void anotherModelStartsAgainFromTheRecord() throws Exception {
    OperatorSubtaskState state;
    try (OperatorUnderTest operator = OperatorUnderTest.on(model)) {
      operator.process(prepared("{\"id\":\"a\",\"prompt\":\"hello\"}"));
      operator.process(Prompts.task("b", "from a record that names no prompt"));
      model.submitted(0).generate("wor");
      state = operator.snapshot();
    }
    FakeModel other = FakeModel.drivenWithWeights("other");
    try (OperatorUnderTest operator = OperatorUnderTest.restored(other, state)) {
      operator.runMails();

      assertThat(other.submitted()).hasSize(1);
      assertThat(other.submitted(0).request().id()).isEqualTo("a");
      assertThat(other.submitted(0).request().resumed().isEmpty()).isTrue();
      assertThat(Outcomes.deadLetters(operator.output()))
          .extracting(DeadLetter::getCode)
          .containsExactly(ErrorCode.NO_MESSAGES.name());
    }
  }

  @Test
  void attemptsAreCountedOverSeveralFailures() throws Exception {
    OperatorSubtaskState state;
    try (OperatorUnderTest operator = OperatorUnderTest.on(model)) {
      operator.process(Prompts.task("a", "hello"));
      state = operator.snapshot();
    }
    for (int failure = 0; failure < 2; failure++) {
      try (OperatorUnderTest operator = OperatorUnderTest.restored(FakeModel.driven(), state)) {
        state = operator.snapshot();
      }
    }
    FakeModel last = FakeModel.driven();
    try (OperatorUnderTest operator = OperatorUnderTest.restored(last, state)) {
      last.submitted(0).finish();
      operator.runMails();

      assertThat(Outcomes.latencies(operator.output()).get(0).getAttempts()).isEqualTo(4);
    }
  }

  @Test
  void rescalingSharesTheGenerationsOut() throws Exception {
    OperatorSubtaskState state;
    try (OperatorUnderTest operator = OperatorUnderTest.on(model)) {
      for (String id : List.of("a", "b", "c", "d")) {
        operator.process(Prompts.task(id, "x"));
      }
      state = operator.snapshot();
    }
    FakeModel second = FakeModel.driven();
    try (OperatorUnderTest left = OperatorUnderTest.rescaled(second, state, 0);
        OperatorUnderTest right = OperatorUnderTest.rescaled(second, state, 1)) {
      left.runMails();
      right.runMails();

      assertThat(second.submitted())
          .extracting(g -> g.request().id())
          .containsExactlyInAnyOrder("a", "b", "c", "d");
    }
  }

  @Test
  void theEndOfInputWaitsForEveryGeneration() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model)) {
      operator.process(Prompts.task("a", "x"));
      operator.process(Prompts.task("b", "x"));
      Thread engine =
          onceThisThreadWaits(
              () -> {
                model.submitted(1).finish();
                model.submitted(0).finish();
              });
      operator.endInput();
      engine.join();

      assertThat(ids(operator)).containsExactly("b", "a");
    }
  }

  @Test
  void theOperatorWaitsWhileTheEngineHoldsThreeTimesItsCache() throws Exception {
    FakeModel small = FakeModel.drivenWithCache(21); // a task needs 21 tokens
    try (OperatorUnderTest operator = OperatorUnderTest.on(small)) {
      operator.process(Prompts.task("a", "x"));
      operator.process(Prompts.task("b", "x"));
      operator.process(Prompts.task("c", "x"));
      AtomicInteger submittedWhileFull = new AtomicInteger();
      Thread engine =
          onceThisThreadWaits(
              () -> {
                submittedWhileFull.set(small.submitted().size());
                small.submitted(0).finish();
                small.submitted(1).finish();
              });
      operator.process(Prompts.task("d", "x")); // returns once there is room
      engine.join();
      operator.runMails();

      assertThat(submittedWhileFull).hasValue(3);
      assertThat(small.submitted()).hasSize(4);
      assertThat(ids(operator)).containsExactly("a", "b");
    }
  }

  @Test
  void roomMadeByAnotherTaskWakesThisOne() throws Exception {
    FakeModel small = FakeModel.drivenWithCache(21);
    try (OperatorUnderTest other = OperatorUnderTest.on(small);
        OperatorUnderTest operator = OperatorUnderTest.on(small)) {
      other.process(Prompts.task("a", "x"));
      other.process(Prompts.task("b", "x"));
      other.process(Prompts.task("c", "x"));
      Thread engine =
          onceThisThreadWaits(
              () -> {
                small.submitted(0).finish();
                small.submitted(1).finish();
              });
      operator.process(Prompts.task("d", "x"));
      engine.join();

      assertThat(small.submitted()).hasSize(4);
    }
  }

  @Test
  void closingCancelsWhatRunsAndGivesTheModelBack() throws Exception {
    OperatorUnderTest operator = OperatorUnderTest.on(model);
    operator.process(Prompts.task("a", "x"));
    operator.close();

    assertThat(model.submitted(0).isCancelled()).isTrue();
    assertThat(model.holders()).isZero();
    assertThat(operator.output()).isEmpty();
  }

  @Test
  void closingBeforeOpeningIsHarmless() throws Exception {
    OperatorUnderTest.unopened(model).close();

    assertThat(model.holders()).isZero();
  }

  @Test
  void anAnswerCutByItsDeadlineSaysSo() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model)) {
      operator.process(Prompts.task("a", "x"));
      model.submitted(0).generate("hal").finish(FinishReason.DEADLINE);
      operator.runMails();

      assertThat(Outcomes.results(operator.output()).get(0).getFinishReason())
          .isEqualTo(dev.millrace.schema.FinishReason.DEADLINE);
    }
  }

  @Test
  void aWatermarkWaitsForTheRequestsBeforeIt() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model)) {
      operator.watermark(1);
      operator.process(Prompts.task("a", "x"));
      operator.watermark(2);
      operator.watermark(3);
      operator.process(Prompts.task("b", "x"));
      operator.watermark(4);
      model.submitted(1).finish();
      operator.runMails();

      assertThat(watermarks(operator)).containsExactly(1L);
      model.submitted(0).finish();
      operator.runMails();

      assertThat(watermarks(operator)).containsExactly(1L, 3L, 4L);
      assertThat(operator.everything().get(operator.everything().size() - 1))
          .isEqualTo(new Watermark(4));
    }
  }

  private static GenerationTask prepared(String json) {
    GenerationTask task = Prompts.task("a", "hello");
    return new GenerationTask(
        Prompts.record(json), task.request(), task.attributes(), task.templateVersion());
  }

  /** Runs the engine's part on a thread of its own, when the operator has begun to wait for it. */
  private static Thread onceThisThreadWaits(Runnable work) {
    Thread task = Thread.currentThread();
    Thread engine =
        new Thread(
            () -> {
              while (!WAITING.contains(task.getState())) {
                Thread.onSpinWait();
              }
              work.run();
            });
    engine.start();
    return engine;
  }

  private static List<String> ids(OperatorUnderTest operator) {
    return Outcomes.results(operator.output()).stream().map(GenerationResult::getId).toList();
  }

  private static List<Long> watermarks(OperatorUnderTest operator) {
    return operator.everything().stream()
        .filter(Watermark.class::isInstance)
        .map(element -> ((Watermark) element).getTimestamp())
        .toList();
  }
}
