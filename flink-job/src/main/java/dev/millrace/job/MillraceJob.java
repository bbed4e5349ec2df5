package dev.millrace.job;

import dev.millrace.job.config.ConfigurationException;
import dev.millrace.job.config.Delivery;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.KafkaSettings;
import dev.millrace.job.config.MillraceOptions;
import dev.millrace.job.config.ProgramArguments;
import dev.millrace.job.generate.GenerateOperatorFactory;
import dev.millrace.job.generate.PausingSource;
import dev.millrace.job.kafka.BrokerCheck;
import dev.millrace.job.kafka.KafkaConnectors;
import dev.millrace.job.model.ModelRuntimeFactory;
import dev.millrace.job.prepare.PrepareFunction;
import dev.millrace.job.record.OutputRecord;
import dev.millrace.job.record.Prepared;
import dev.millrace.job.record.PromptRecord;
import dev.millrace.job.reuse.ResultKey;
import dev.millrace.job.serialization.RecordTypes;
import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Prompts in, completions out: reads a topic, generates with a model inside this job, and writes
 * every outcome back.
 *
 * <pre>
 * source -> prepare (decode, validate, render) -> generate -> sink
 * </pre>
 *
 * <p>Every prompt has exactly one outcome, a completion with its latency record or a dead letter.
 * Run it with {@code flink run}; see {@link dev.millrace.job.config.MillraceOptions} for what can
 * be set.
 */
public final class MillraceJob {
  private static final Duration CHECKPOINT_INTERVAL = Duration.ofSeconds(10);

  private static final ConfigOption<Integer> TOLERATED_FAILURES =
      CheckpointingOptions.TOLERABLE_FAILURE_NUMBER;

  /**
   * Flink's default restarts the job when one checkpoint fails. That frees no disk, and costs what
   * was generated since the last one.
   */
  private static final int FAILED_CHECKPOINTS = 20;

  private MillraceJob() {}

  /** Starts the job on Kafka, with {@code -Dkey=value} and {@code --config FILE} as arguments. */
  public static void main(String[] arguments) throws Exception {
    Configuration fromArguments = ProgramArguments.parse(arguments);
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.getExecutionEnvironment(fromArguments);
    Configuration all = Configuration.fromMap(env.getConfiguration().toMap());
    all.addAll(fromArguments);
    JobSettings settings = JobSettings.from(all);
    BrokerCheck.check(settings.kafka());
    defineWorkflow(
        env,
        KafkaConnectors.source(settings),
        KafkaConnectors.sink(settings),
        settings,
        ModelRuntimeFactory.ofProcess());
    requireTimeToCommit(settings.kafka(), Duration.ofMillis(env.getCheckpointInterval()));
    env.execute("millrace " + settings.model().name());
  }

  /**
   * A transaction is open from one checkpoint until the next one is completed and committed.
   *
   * @throws ConfigurationException if it would expire even if nothing fails
   */
  static void requireTimeToCommit(KafkaSettings kafka, Duration checkpointInterval) {
    if (kafka.delivery() == Delivery.EXACTLY_ONCE
        && kafka.transactionTimeout().compareTo(checkpointInterval.multipliedBy(2)) < 0) {
      throw new ConfigurationException(
          "%s %s is less than two checkpoint intervals of %s: transactions would expire before they are committed; raise it, or lower %s"
              .formatted(
                  MillraceOptions.TRANSACTION_TIMEOUT.key(),
                  kafka.transactionTimeout(),
                  checkpointInterval,
                  CheckpointingOptions.CHECKPOINTING_INTERVAL.key()));
    }
  }

  /**
   * Adds the job to an environment. The same topology whatever the source, the sink and the model
   * are, so that tests run what users run.
   */
  public static void defineWorkflow(
      StreamExecutionEnvironment env,
      Source<PromptRecord, ?, ?> source,
      Sink<OutputRecord> sink,
      JobSettings settings,
      ModelRuntimeFactory models) {
    configure(env);
    Source<PromptRecord, ?, ?> pausing = PausingSource.of(source, settings.models(), models);
    SingleOutputStreamOperator<Prepared> prepared =
        env.fromSource(pausing, WatermarkStrategy.noWatermarks(), "prompts", RecordTypes.PROMPT)
            .uid("prompts")
            .map(new PrepareFunction(settings, models))
            .returns(RecordTypes.PREPARED)
            .name("prepare")
            .uid("prepare");
    // Equal requests meet in one task where they share a result; else each stays where it was read.
    DataStream<Prepared> routed =
        settings.reuse().enabled() ? prepared.keyBy(new ResultKey(), Types.STRING) : prepared;
    routed
        .transform("generate", RecordTypes.OUTPUT, new GenerateOperatorFactory(settings, models))
        .uid("generate")
        .sinkTo(sink)
        .name("outcomes")
        .uid("outcomes");
  }

  private static void configure(StreamExecutionEnvironment env) {
    Configuration configuration = new Configuration();
    configuration.set(PipelineOptions.GENERIC_TYPES, false);
    configuration.set(PipelineOptions.OBJECT_REUSE, true);
    if (env.getCheckpointInterval() <= 0) {
      configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, CHECKPOINT_INTERVAL);
    }
    if (env.getConfiguration().getOptional(TOLERATED_FAILURES).isEmpty()) {
      configuration.set(TOLERATED_FAILURES, FAILED_CHECKPOINTS);
    }
    env.configure(configuration);
  }
}
