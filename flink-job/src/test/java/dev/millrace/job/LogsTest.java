package dev.millrace.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.TestSettings;
import dev.millrace.job.model.FakeModel;
import dev.millrace.job.record.Outcomes;
import dev.millrace.job.record.Prompts;
import dev.millrace.job.serialization.RecordTypes;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.ExceptionUtils;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.DefaultConfiguration;
import org.apache.logging.log4j.core.config.Property;
import org.apache.logging.log4j.core.layout.PatternLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a job and everything under it log at INFO and above. */
@Timeout(180)
class LogsTest {
  private static final String SECRET = "patient 4711";

  /** Answered, or refused at each place that can refuse. */
  private static final List<String> PROMPTS =
      List.of(
          "{\"id\":\"1\",\"prompt\":\"%s\"}",
          "{\"id\":\"2\",\"prompt\":\"%s",
          "{\"id\":\"3\",\"prompt\":\"%s\",\"temperature\":-1}",
          "{\"id\":\"4\",\"messages\":[{\"role\":\"refused\",\"content\":\"%s\"}]}",
          "{\"id\":\"5\",\"messages\":[{\"role\":\"crash\",\"content\":\"%s\"}]}",
          "{\"id\":\"6\",\"prompt\":\"%s\",\"model\":\"another\"}",
          "{\"id\":\"7\",\"prompt\":\"%s\",\"max_tokens\":100000}");

  private final LoggerContext logging = LoggerContext.getContext(false);
  private final RecordingAppender log = new RecordingAppender();
  private final CollectingSink sink = new CollectingSink();

  @BeforeEach
  void record() {
    DefaultConfiguration everything = new DefaultConfiguration();
    everything
        .getRootLogger()
        .getAppenders()
        .keySet()
        .forEach(everything.getRootLogger()::removeAppender);
    everything.getRootLogger().setLevel(Level.INFO);
    everything.getRootLogger().addAppender(log, Level.INFO, null);
    log.start();
    logging.setConfiguration(everything);
  }

  @AfterEach
  void restore() {
    logging.reconfigure();
  }

  @Test
  void neitherPromptsNorAnswersNorRefusalsAreQuoted() throws Exception {
    StreamExecutionEnvironment env = job(TestSettings.defaults(), SECRET);
    env.execute();

    assertThat(Outcomes.results(sink.records())).isNotEmpty();
    assertThat(Outcomes.deadLetters(sink.records()))
        .hasSizeGreaterThan(4)
        .as("what could leak is there")
        .anySatisfy(letter -> assertThat(letter.getMessage()).contains(SECRET));
    assertThat(log.lines()).anySatisfy(line -> assertThat(line).contains("could not be rendered"));
    assertThat(log.lines()).noneSatisfy(line -> assertThat(line).contains(SECRET));
  }

  @Test
  void aJobThatEndsForItsDeadLettersQuotesTheLastUnlessItIsToldToRedact() {
    assertThat(logOfFailure("an open secret", "false")).contains("an open secret");
    assertThat(logOfFailure(SECRET, "true"))
        .contains("left out by millrace.log.redact")
        .doesNotContain(SECRET);
  }

  private String logOfFailure(String secret, String redact) {
    JobSettings settings =
        TestSettings.with(
            "millrace.failure-budget.share",
            "0.1",
            "millrace.failure-budget.minimum",
            "5",
            "millrace.log.redact",
            redact);
    StreamExecutionEnvironment env = job(settings, secret);
    assertThatThrownBy(env::execute)
        .satisfies(failure -> log.lines.add(ExceptionUtils.stringifyException(failure)));
    return String.join("\n", log.lines());
  }

  private StreamExecutionEnvironment job(JobSettings settings, String secret) {
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(1, new Configuration());
    MillraceJob.defineWorkflow(
        env,
        new DataGeneratorSource<>(
            number ->
                Prompts.record(PROMPTS.get(number.intValue() % PROMPTS.size()).formatted(secret)),
            PROMPTS.size(),
            RecordTypes.PROMPT),
        sink,
        settings,
        FakeModel.answering().factory());
    return env;
  }

  /** Keeps every line as a file would have it, stack traces included. */
  private static final class RecordingAppender extends AbstractAppender {
    private static final PatternLayout LAYOUT =
        PatternLayout.newBuilder().withPattern("%p %c %m%n%throwable").build();

    private final Queue<String> lines = new ConcurrentLinkedQueue<>();

    RecordingAppender() {
      super("recording", null, LAYOUT, false, Property.EMPTY_ARRAY);
    }

    @Override
    public void append(LogEvent event) {
      lines.add(LAYOUT.toSerializable(event));
    }

    List<String> lines() {
      return List.copyOf(lines);
    }
  }
}
