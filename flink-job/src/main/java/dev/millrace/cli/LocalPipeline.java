package dev.millrace.cli;

import dev.millrace.cli.console.ConsoleSettings;
import dev.millrace.cli.console.LiveConsole;
import dev.millrace.cli.local.EmbeddedBroker;
import dev.millrace.cli.local.LocalFlink;
import dev.millrace.cli.local.LocalJob;
import dev.millrace.cli.local.RetainedCheckpoint;
import dev.millrace.cli.report.LoadDisplay;
import dev.millrace.engine.SharedEngines;
import dev.millrace.job.MillraceJob;
import dev.millrace.job.config.ClusterSettings;
import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.MillraceOptions;
import dev.millrace.job.kafka.KafkaConnectors;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;

/** Broker, topics, Flink and the job, all in this process. Safe for use by many threads. */
final class LocalPipeline {
  private static final int SLOTS = 2;
  private static final Duration START_PATIENCE = Duration.ofMinutes(5);

  private final ClusterSettings cluster;
  private final Stopwatch sinceBrokerUp;
  private final LocalFlink flink;
  private final LocalJob job;

  private LocalPipeline(
      ClusterSettings cluster, Stopwatch sinceBrokerUp, LocalFlink flink, LocalJob job) {
    this.cluster = cluster;
    this.sinceBrokerUp = sinceBrokerUp;
    this.flink = flink;
    this.job = job;
  }

  /**
   * Starts everything and waits until the job runs, its model loaded. A job that ran on the same
   * folder before is gone on with from its last checkpoint.
   *
   * @param err told what is being started
   * @param open given everything that has to be closed
   * @throws IOException if a part does not start, or the job fails
   */
  static LocalPipeline start(LocalSettings settings, PrintWriter err, ClosingStack open)
      throws IOException {
    Stopwatch start = Stopwatch.start();
    // Flink needs no broker to start, and both are slow to.
    CompletableFuture<LocalFlink> starting =
        CompletableFuture.supplyAsync(() -> open.push(startFlink(settings)));
    EmbeddedBroker broker =
        open.push(EmbeddedBroker.keepingData(settings.brokerFolder(), settings.brokerPort()));
    Stopwatch sinceBrokerUp = Stopwatch.start();
    Configuration configuration = configuration(settings, broker);
    JobSettings job = JobSettings.from(configuration);
    LocalTopics.create(broker, job.kafka());
    tell(err, "Kafka broker at " + broker.bootstrapServers(), start);

    LocalFlink flink = starting.join();
    SharedEngines.ofProcess().listen(new LoadDisplay(err, Installation.current().terminal()));
    LocalJob running = open.push(flink.submit(define(settings, job, flink)));
    running.awaitRunning(START_PATIENCE);
    tell(err, "Flink job with " + settings.checkpoint().getFileName(), start);
    return new LocalPipeline(ClusterSettings.from(configuration), sinceBrokerUp, flink, running);
  }

  String bootstrapServers() {
    return cluster.bootstrapServers();
  }

  /** How the broker, its topics and the schema registry are reached. */
  ClusterSettings cluster() {
    return cluster;
  }

  URI webUi() {
    return flink.webUi();
  }

  /**
   * Shows the pipeline at work in the browser.
   *
   * @param port of the loopback interface; 0: a free one
   * @return where
   * @throws IOException if the port is in use
   */
  URI openConsole(int port, ClosingStack open) throws IOException {
    ConsoleSettings settings = ConsoleSettings.local(cluster, Optional.of(webUi()), port);
    return open.push(LiveConsole.start(settings, new CodeReplay(cluster))).address();
  }

  Duration sinceBrokerUp() {
    return sinceBrokerUp.elapsed();
  }

  /**
   * Checks that the job still runs.
   *
   * @throws IOException with the job's failure if it does not
   */
  void requireAlive() throws IOException {
    job.requireAlive();
  }

  /** Stops the job; broker and topics stay. */
  void stopJob() {
    job.close();
  }

  private static LocalFlink startFlink(LocalSettings settings) {
    try {
      return LocalFlink.start(SLOTS, settings.webPort(), settings.checkpointFolder());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Configuration configuration(LocalSettings settings, EmbeddedBroker broker) {
    Configuration configuration = new Configuration(settings.job());
    configuration.set(MillraceOptions.MODEL_DIRECTORY, settings.checkpoint().toString());
    configuration.set(MillraceOptions.BOOTSTRAP_SERVERS, broker.bootstrapServers());
    settings.tasks().ifPresent(place -> configuration.set(MillraceOptions.TASKS, place.toString()));
    settings
        .guard()
        .ifPresent(place -> configuration.set(MillraceOptions.GUARD_FILE, place.toString()));
    return configuration;
  }

  private static StreamGraph define(LocalSettings settings, JobSettings job, LocalFlink flink)
      throws IOException {
    Optional<Path> last = RetainedCheckpoint.newest(settings.checkpointFolder());
    StreamExecutionEnvironment environment = flink.environment(settings.commitInterval(), last);
    MillraceJob.defineWorkflow(
        environment,
        KafkaConnectors.source(job),
        KafkaConnectors.sink(job),
        job,
        settings.models());
    StreamGraph graph = environment.getStreamGraph();
    graph.setJobName("millrace " + job.model().name());
    return graph;
  }

  private static void tell(PrintWriter err, String what, Stopwatch start) {
    err.printf(Locale.ROOT, "  %s, %.1f s%n", what, start.elapsed().toNanos() / 1e9);
    err.flush();
  }
}
