package dev.millrace.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.cli.local.LocalFlink;
import dev.millrace.cli.local.LocalJob;
import dev.millrace.cli.local.RetainedCheckpoint;
import dev.millrace.engine.CheckpointException;
import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.KafkaSettings;
import dev.millrace.job.config.TestSettings;
import dev.millrace.job.model.FakeModel;
import dev.millrace.job.model.ModelRuntimeFactory;
import dev.millrace.job.record.Bytes;
import dev.millrace.job.record.Outcomes;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.OutputTopic;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.record.Prompts;
import dev.millrace.job.serialization.RecordTypes;
import dev.millrace.schema.GenerationLatency;
import dev.millrace.schema.GenerationResult;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.apache.flink.util.ExceptionUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class MillraceJobTest {
  private static final int PROMPTS = 500;
  private static final Map<String, AtomicInteger> OPENED = new ConcurrentHashMap<>();

  private final CollectingSink sink = new CollectingSink();

  @Test
  void everyPromptHasExactlyOneOutcomeAndEveryCompletionItsLatencyRecord() throws Exception {
    FakeModel model = FakeModel.answering();
    StreamExecutionEnvironment env = environment();
    define(env, model.factory());
    env.execute();

    List<OutputRecord> records = sink.records();
    Set<String> completed = ids(Outcomes.results(records), GenerationResult::getId);
    Set<Long> refused = new HashSet<>();
    Outcomes.deadLetters(records)
        .forEach(letter -> assertThat(refused.add(letter.getOffset())).isTrue());

    assertThat(completed)
        .isEqualTo(
            ids(
                IntStream.range(0, PROMPTS).filter(i -> i % 10 != 0).boxed().toList(),
                String::valueOf));
    assertThat(refused)
        .isEqualTo(
            ids(
                IntStream.range(0, PROMPTS).filter(i -> i % 10 == 0).boxed().toList(),
                Integer::longValue));
    assertThat(ids(Outcomes.latencies(records), GenerationLatency::getId)).isEqualTo(completed);
    assertThat(model.holders()).isZero();
  }

  @Test
  void keysTravelFromThePromptToEveryOutcome() throws Exception {
    StreamExecutionEnvironment env = environment();
    define(env, FakeModel.answering().factory());
    env.execute();

    assertThat(sink.records())
        .filteredOn(record -> record.topic() == OutputTopic.COMPLETIONS)
        .allSatisfy(
            record ->
                assertThat(record.key().orElseThrow())
                    .isEqualTo(
                        Bytes.utf8("key-" + Outcomes.results(List.of(record)).get(0).getId())));
  }

  @Test
  void aCheckpointThatCannotBeServedEndsTheJobInsteadOfRestartingItForEver() throws Exception {
    StreamExecutionEnvironment env = environment();
    define(
        env,
        settings -> {
          throw new CheckpointException("model.safetensors: tensor lm_head.weight is missing");
        });

    assertThatThrownBy(env::execute)
        .satisfies(
            failure ->
                assertThat(ExceptionUtils.stringifyException(failure))
                    .contains("lm_head.weight is missing"));
  }

  @Test
  void equalPromptsInAllTasksShareOneGenerationAndEachHasItsOutcome() throws Exception {
    FakeModel model = FakeModel.answering();
    StreamExecutionEnvironment env = environment();
    define(
        env,
        number -> prompt(number, "prompt " + number % 7),
        TestSettings.with("millrace.reuse.enabled", "true"),
        model.factory());
    env.execute();

    List<OutputRecord> records = sink.records();
    assertThat(model.submitted()).hasSize(7);
    assertThat(ids(Outcomes.results(records), GenerationResult::getId)).hasSize(450);
    assertThat(ids(Outcomes.latencies(records), GenerationLatency::getId)).hasSize(450);
    assertThat(Outcomes.deadLetters(records)).hasSize(50);
    assertThat(Outcomes.results(records)).filteredOn(result -> !result.getReused()).hasSize(7);
  }

  @Test
  void tooManyDeadLettersEndTheJobForGoodAndSayWhy() {
    StreamExecutionEnvironment env = restartingEnvironment();
    AtomicInteger opened = OPENED.computeIfAbsent("budget", name -> new AtomicInteger());
    ModelRuntimeFactory models = FakeModel.answering().factory();
    define(
        env,
        number -> {
          awaitOpened(6); // by source, prepare and generate of two tasks
          return prompt(number, "prompt");
        },
        TestSettings.with(
            "millrace.failure-budget.share", "0.05", "millrace.failure-budget.minimum", "20"),
        settings -> {
          OPENED.get("budget").incrementAndGet();
          return models.open(settings);
        });

    assertThatThrownBy(env::execute)
        .satisfies(
            failure ->
                assertThat(ExceptionUtils.stringifyException(failure))
                    .contains("are dead letters (INVALID_JSON: ")
                    .contains("0.05 that millrace.failure-budget.share allows"));
    assertThat(opened).as("the job was not started again").hasValue(6);
  }

  /** Or else one task may end the job before the other one has begun. */
  private static void awaitOpened(int models) {
    while (OPENED.get("budget").get() < models) {
      Thread.onSpinWait();
    }
  }

  /** A savepoint finds its state by these; they never change. */
  @Test
  void everyOperatorHasItsUid() {
    StreamExecutionEnvironment env = environment();
    define(env, FakeModel.answering().factory());

    assertThat(env.getStreamGraph().getStreamNodes())
        .extracting(StreamNode::getTransformationUID)
        .contains("prompts", "prepare", "generate", "outcomes")
        .doesNotContainNull();
  }

  @Test
  void checkpointsAreTakenUnlessFlinkIsToldOtherwise() {
    StreamExecutionEnvironment env = environment();
    define(env, FakeModel.answering().factory());
    assertThat(env.getCheckpointInterval()).isEqualTo(10_000);

    StreamExecutionEnvironment told = environment();
    told.enableCheckpointing(500);
    define(told, FakeModel.answering().factory());
    assertThat(told.getCheckpointInterval()).isEqualTo(500);
  }

  @Test
  void aCheckpointIsTakenWhileTheEngineIsFull(@TempDir Path checkpoints) throws Exception {
    FakeModel full = FakeModel.drivenWithCache(30); // and nothing is ever answered
    try (LocalFlink flink = LocalFlink.start(1, 0, checkpoints)) {
      StreamExecutionEnvironment env = flink.environment(Duration.ofMillis(100), Optional.empty());
      define(env, full.factory());
      try (LocalJob job = flink.submit(env.getStreamGraph())) {
        job.awaitRunning(Duration.ofMinutes(1));
        while (full.load().hasRoom()) {
          job.requireAlive();
          Thread.onSpinWait();
        }
        int before = newest(checkpoints);
        while (newest(checkpoints) < before + 3) { // the first may have begun before it was full
          job.requireAlive();
          Thread.onSpinWait();
        }
      }
    }
  }

  /** The number of the newest completed checkpoint; 0 while there is none. */
  private static int newest(Path checkpoints) throws IOException {
    return RetainedCheckpoint.newest(checkpoints)
        .map(checkpoint -> checkpoint.getFileName().toString().substring("chk-".length()))
        .map(Integer::parseInt)
        .orElse(0);
  }

  @Test
  void aTransactionTimeoutThatOnlyOneCheckpointFitsIntoStopsTheStart() {
    Duration interval = Duration.ofMinutes(5);
    KafkaSettings tooShort = transactionTimeout("9 min");

    assertThatThrownBy(() -> MillraceJob.requireTimeToCommit(tooShort, interval))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("millrace.transaction-timeout PT9M")
        .hasMessageContaining("execution.checkpointing.interval");
    assertThatCode(() -> MillraceJob.requireTimeToCommit(transactionTimeout("10 min"), interval))
        .doesNotThrowAnyException();
  }

  private static KafkaSettings transactionTimeout(String value) {
    return TestSettings.with("millrace.transaction-timeout", value).kafka();
  }

  @Test
  void aFailedCheckpointDoesNotRestartTheJobUnlessFlinkIsToldSo() {
    StreamExecutionEnvironment env = environment();
    define(env, FakeModel.answering().factory());
    assertThat(env.getCheckpointConfig().getTolerableCheckpointFailureNumber()).isEqualTo(20);

    StreamExecutionEnvironment told = environment();
    told.getCheckpointConfig().setTolerableCheckpointFailureNumber(0);
    define(told, FakeModel.answering().factory());
    assertThat(told.getCheckpointConfig().getTolerableCheckpointFailureNumber()).isZero();
  }

  private void define(StreamExecutionEnvironment env, ModelRuntimeFactory models) {
    define(env, number -> prompt(number, "prompt " + number), TestSettings.defaults(), models);
  }

  private void define(
      StreamExecutionEnvironment env,
      GeneratorFunction<Long, PromptRecord> prompts,
      JobSettings settings,
      ModelRuntimeFactory models) {
    MillraceJob.defineWorkflow(
        env,
        new DataGeneratorSource<>(prompts, PROMPTS, RecordTypes.PROMPT),
        sink,
        settings,
        models);
  }

  /** Every tenth is not decodable. */
  private static PromptRecord prompt(long number, String prompt) {
    PromptRecord sample =
        Prompts.record(
            number % 10 == 0
                ? "{broken"
                : "{\"id\":\"%d\",\"prompt\":\"%s\"}".formatted(number, prompt));
    return new PromptRecord(
        "prompts",
        0,
        number,
        OptionalLong.of(number),
        java.util.Optional.of(Bytes.utf8("key-" + number)),
        sample.value(),
        sample.headers(),
        sample.readAt());
  }

  private static StreamExecutionEnvironment restartingEnvironment() {
    Configuration configuration = new Configuration();
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 3);
    configuration.set(
        RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofMillis(1));
    return StreamExecutionEnvironment.createLocalEnvironment(2, configuration);
  }

  private static StreamExecutionEnvironment environment() {
    return StreamExecutionEnvironment.createLocalEnvironment(2, new Configuration());
  }

  /** The ids of records, each of which must occur once. */
  private static <T, I> Set<I> ids(List<T> records, java.util.function.Function<T, I> id) {
    Set<I> ids = new HashSet<>();
    records.forEach(
        record -> assertThat(ids.add(id.apply(record))).as("%s twice", record).isTrue());
    return ids;
  }
}
