package dev.millrace.job.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.engine.FinishReason;
import dev.millrace.engine.GenerationException;
import dev.millrace.engine.TokenIds;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.TestSettings;
import dev.millrace.job.model.FakeModel;
import dev.millrace.job.record.GenerationTask;
import dev.millrace.job.record.Outcomes;
import dev.millrace.job.record.Prompts;
import dev.millrace.schema.DeadLetter;
import dev.millrace.schema.ErrorCode;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Equal requests share one generation, and still each has one outcome of its own. */
@Timeout(120)
class ReuseTest {
  private static final JobSettings REUSING = TestSettings.with("millrace.reuse.enabled", "true");

  /** With room for everything that a test submits. */
  private final FakeModel model = roomy();

  static List<StateBackend> backends() {
    return List.of(new HashMapStateBackend(), new EmbeddedRocksDBStateBackend());
  }

  @Test
  void aRepeatIsAnsweredAtOnceUnderItsOwnNameAndSaysSo() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, REUSING)) {
      operator.process(Prompts.task("first", "hello"));
      model.submitted(0).generate("world").finish();
      operator.runMails();
      operator.timeIs(7_000);
      GenerationTask again = Prompts.task("again", "hello");
      operator.process(
          new GenerationTask(again.origin(), again.request(), Map.of("n", "2"), "raw"));

      assertThat(model.submitted()).hasSize(1);
      GenerationResult first = Outcomes.results(operator.output()).get(0);
      GenerationResult second = Outcomes.results(operator.output()).get(1);
      assertThat(first.getReused()).isFalse();
      assertThat(second.getReused()).isTrue();
      assertThat(second.getId()).isEqualTo("again");
      assertThat(second.getText()).isEqualTo("world");
      assertThat(second.getAttributes()).isEqualTo(Map.of("n", "2"));
      assertThat(second.getProvenance()).isEqualTo(first.getProvenance());
      GenerationLatency latency = Outcomes.latencies(operator.output()).get(1);
      assertThat(latency.getId()).isEqualTo("again");
      assertThat(latency.getAttempts()).isZero();
      assertThat(latency.getTimeInQueueMs()).isEqualTo(2_000);
      assertThat(latency.getTotalMs()).isEqualTo(6_000);
      assertThat(latency.getTokensPerSecond()).isZero();
    }
  }

  @Test
  void withoutReuseEachRequestIsGenerated() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model)) {
      operator.process(Prompts.task("a", "hello"));
      operator.process(Prompts.task("b", "hello"));

      assertThat(model.submitted()).hasSize(2);
    }
  }

  @Test
  void duplicatesInFlightWaitForTheFirst() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, REUSING)) {
      for (String id : List.of("a", "b", "c")) {
        operator.process(Prompts.task(id, "hello"));
      }
      operator.process(Prompts.task("other", "good-bye"));
      assertThat(model.submitted()).hasSize(2);
      assertThat(operator.output()).isEmpty();

      model.submitted(0).generate("world").finish();
      operator.runMails();
      assertThat(Outcomes.results(operator.output()))
          .extracting(GenerationResult::getId)
          .containsExactly("a", "b", "c");
      assertThat(Outcomes.results(operator.output()))
          .extracting(GenerationResult::getReused)
          .containsExactly(false, true, true);
      assertThat(Outcomes.latencies(operator.output())).hasSize(3);
    }
  }

  @Test
  void whatIsWrongWithARequestIsWrongWithItsDuplicatesAndEachHasItsDeadLetter() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, REUSING)) {
      operator.process(Prompts.task("a", "poison"));
      operator.process(Prompts.task("b", "poison"));
      model.submitted(0).fail(GenerationException.Code.GENERATION_FAILED, "NaN everywhere");
      operator.runMails();

      List<DeadLetter> letters = Outcomes.deadLetters(operator.output());
      assertThat(letters)
          .extracting(letter -> letter.getId().orElseThrow())
          .containsExactly("a", "b");
      assertThat(letters).allSatisfy(letter -> assertThat(letter.getMessage()).contains("NaN"));
      assertThat(letters.get(1).getMessage()).contains("request a, which is equal");
      operator.process(Prompts.task("c", "poison"));
      assertThat(model.submitted()).as("a failure is not kept").hasSize(2);
    }
  }

  @Test
  void whoWaitsForOneThatItsDeadlineCutsOffGoesOnFromItsTokens() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, REUSING)) {
      operator.process(task("hurried", Instant.ofEpochMilli(6_000)));
      operator.process(Prompts.task("b", "hello"));
      operator.process(Prompts.task("c", "hello"));
      model.submitted(0).generate("wor").finish(FinishReason.DEADLINE);
      operator.runMails();

      assertThat(model.submitted()).hasSize(2);
      assertThat(model.submitted(1).request().id()).isEqualTo("b");
      assertThat(model.submitted(1).request().resumed())
          .isEqualTo(TokenIds.of("wor".chars().toArray()));
      model.submitted(1).generate("ld").finish();
      operator.runMails();
      assertThat(Outcomes.results(operator.output()))
          .extracting(GenerationResult::getText)
          .containsExactly("wor", "world", "world");
    }
  }

  @Test
  void whoWaitsForOneThatExpiredInTheQueueRunsInItsPlace() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, REUSING)) {
      operator.process(task("hurried", Instant.ofEpochMilli(6_000)));
      operator.process(Prompts.task("b", "hello"));
      model.submitted(0).fail(GenerationException.Code.DEADLINE_EXPIRED, "too late");
      operator.runMails();
      model.submitted(1).generate("world").finish();
      operator.runMails();

      assertThat(Outcomes.deadLetters(operator.output()))
          .extracting(letter -> letter.getId().orElseThrow())
          .containsExactly("hurried");
      assertThat(Outcomes.results(operator.output()))
          .extracting(GenerationResult::getId)
          .containsExactly("b");
    }
  }

  @Test
  void aDuplicateThatWaitsExpiresAtItsOwnDeadline() throws Exception {
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, REUSING)) {
      operator.process(Prompts.task("a", "hello"));
      operator.process(task("hurried", Instant.ofEpochMilli(6_000)));
      operator.watermark(9);
      operator.timeIs(6_001);

      DeadLetter letter = Outcomes.deadLetters(operator.output()).get(0);
      assertThat(letter.getId()).contains("hurried");
      assertThat(letter.getCode()).isEqualTo(ErrorCode.DEADLINE_EXPIRED.name());
      model.submitted(0).finish();
      operator.runMails();
      assertThat(Outcomes.results(operator.output())).hasSize(1);
      assertThat(operator.everything()).endsWith(new Watermark(9));
    }
  }

  @Test
  void anotherModelsResultsAreNotReused() throws Exception {
    OperatorSubtaskState state;
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, REUSING)) {
      answer(operator, model, "hello");
      state = operator.snapshot();
    }
    FakeModel other = FakeModel.drivenWithWeights("other");
    try (OperatorUnderTest operator = OperatorUnderTest.restored(other, REUSING, state)) {
      operator.process(Prompts.task("again", "hello"));

      assertThat(other.submitted()).hasSize(1);
    }
  }

  @ParameterizedTest
  @MethodSource("backends")
  void resultsAndWaitersSurviveAFailure(StateBackend backend) throws Exception {
    OperatorSubtaskState state;
    try (OperatorUnderTest operator =
        OperatorUnderTest.on(model, REUSING, backend, Optional.empty())) {
      answer(operator, model, "known");
      operator.process(Prompts.task("a", "hello"));
      operator.process(Prompts.task("b", "hello"));
      model.submitted(1).generate("wor");
      state = operator.snapshot();
    }
    FakeModel second = roomy();
    try (OperatorUnderTest operator =
        OperatorUnderTest.on(second, REUSING, backend, Optional.of(state))) {
      operator.process(Prompts.task("again", "known"));
      assertThat(second.submitted()).hasSize(1);
      assertThat(second.submitted(0).request().id()).isEqualTo("a");
      assertThat(second.submitted(0).tokens().size()).isEqualTo(3);
      second.submitted(0).generate("ld").finish();
      operator.runMails();

      assertThat(Outcomes.results(operator.output()))
          .extracting(GenerationResult::getId)
          .containsExactly("again", "a", "b");
      assertThat(Outcomes.results(operator.output()))
          .extracting(GenerationResult::getText)
          .containsExactly("answer", "world", "world");
    }
  }

  @Test
  void rescalingMovesResultsAndWaitersWithTheirKeys() throws Exception {
    List<GenerationTask> known =
        IntStream.range(0, 10).mapToObj(i -> Prompts.task("known", "known " + i)).toList();
    List<GenerationTask> running =
        IntStream.range(0, 10).mapToObj(i -> Prompts.task("first " + i, "running " + i)).toList();
    OperatorSubtaskState state;
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, REUSING)) {
      for (GenerationTask task : known) {
        operator.process(task);
      }
      model.submitted().forEach(generation -> generation.generate("answer").finish());
      operator.runMails();
      for (int i = 0; i < running.size(); i++) {
        operator.process(running.get(i));
        operator.process(Prompts.task("second " + i, "running " + i));
      }
      state = operator.snapshot();
    }
    FakeModel second = roomy();
    try (OperatorUnderTest left = OperatorUnderTest.rescaled(second, REUSING, state, 0);
        OperatorUnderTest right = OperatorUnderTest.rescaled(second, REUSING, state, 1)) {
      List<OperatorUnderTest> both = List.of(left, right);
      for (GenerationTask task : known) {
        both.get(OperatorUnderTest.subtaskOfTwo(task)).process(task);
      }
      assertThat(second.submitted()).as("one for each pair that ran").hasSize(10);
      second.submitted().forEach(generation -> generation.generate("answer").finish());
      left.runMails();
      right.runMails();

      List<String> ids = new ArrayList<>();
      for (OperatorUnderTest operator : both) {
        assertThat(Outcomes.results(operator.output())).isNotEmpty();
        Outcomes.results(operator.output()).forEach(result -> ids.add(result.getId()));
      }
      assertThat(ids).hasSize(30).filteredOn("known"::equals).hasSize(10);
      assertThat(ids).filteredOn(id -> !id.equals("known")).doesNotHaveDuplicates();
    }
  }

  @Test
  void aSavepointMayTurnReuseOff() throws Exception {
    OperatorSubtaskState state;
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, REUSING)) {
      for (int i = 0; i < 10; i++) {
        operator.process(Prompts.task("first " + i, "prompt " + i));
        operator.process(Prompts.task("second " + i, "prompt " + i));
      }
      state = operator.snapshot();
    }
    FakeModel second = roomy();
    JobSettings off = TestSettings.defaults();
    try (OperatorUnderTest left = OperatorUnderTest.rescaled(second, off, state, 0);
        OperatorUnderTest right = OperatorUnderTest.rescaled(second, off, state, 1)) {
      left.runMails();
      right.runMails();
      assertThat(second.submitted())
          .hasSize(20)
          .extracting(generation -> generation.request().id())
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void aSavepointMayTurnReuseOn() throws Exception {
    OperatorSubtaskState state;
    try (OperatorUnderTest operator = OperatorUnderTest.on(model)) {
      for (int i = 0; i < 10; i++) {
        operator.process(Prompts.task("" + i, "prompt " + i));
      }
      state = operator.snapshot();
    }
    FakeModel second = roomy();
    try (OperatorUnderTest left = OperatorUnderTest.rescaled(second, REUSING, state, 0);
        OperatorUnderTest right = OperatorUnderTest.rescaled(second, REUSING, state, 1)) {
      second.submitted().forEach(generation -> generation.generate("x").finish());
      left.runMails();
      right.runMails();
      List<String> ids = new ArrayList<>();
      Outcomes.results(left.output()).forEach(result -> ids.add(result.getId()));
      Outcomes.results(right.output()).forEach(result -> ids.add(result.getId()));
      assertThat(ids).hasSize(10).doesNotHaveDuplicates();
    }
  }

  @Test
  void aResultIsForgottenAfterItsTimeToLive() throws Exception {
    JobSettings hour =
        TestSettings.with("millrace.reuse.enabled", "true", "millrace.reuse.time-to-live", "1 h");
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, hour)) {
      operator.stateTimeIs(0);
      answer(operator, model, "hello");
      operator.stateTimeIs(3_599_000);
      operator.process(Prompts.task("in time", "hello"));
      assertThat(model.submitted()).hasSize(1);
      operator.stateTimeIs(3_601_000);
      operator.process(Prompts.task("too late", "hello"));
      assertThat(model.submitted()).hasSize(2);
    }
  }

  @Test
  void ofTooManyResultsTheOldestAreForgotten() throws Exception {
    JobSettings two =
        TestSettings.with("millrace.reuse.enabled", "true", "millrace.reuse.max-results", "2");
    try (OperatorUnderTest operator = OperatorUnderTest.on(model, two)) {
      for (String prompt : List.of("one", "two", "three")) {
        answer(operator, model, prompt);
      }
      operator.process(Prompts.task("again", "three"));
      operator.process(Prompts.task("again", "two"));
      assertThat(model.submitted()).hasSize(3);
      operator.process(Prompts.task("again", "one"));
      assertThat(model.submitted()).hasSize(4);
    }
  }

  private static FakeModel roomy() {
    return FakeModel.drivenWithCache(10_000);
  }

  private static void answer(OperatorUnderTest operator, FakeModel model, String prompt)
      throws Exception {
    operator.process(Prompts.task("first", prompt));
    model.submitted(model.submitted().size() - 1).generate("answer").finish();
    operator.runMails();
  }

  private static GenerationTask task(String id, Instant deadline) {
    return Prompts.task(Prompts.request(id, "hello").deadline(deadline).build());
  }
}
