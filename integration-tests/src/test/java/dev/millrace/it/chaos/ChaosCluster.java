package dev.millrace.it.chaos;

import dev.millrace.cli.local.EmbeddedBroker;
import dev.millrace.cli.local.RetainedCheckpoint;
import dev.millrace.it.PromptMix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Broker, Flink cluster and the job on them, all of real processes: what {@link Fault}s injure. */
final class ChaosCluster implements AutoCloseable {
  static final Duration CHECKPOINT_INTERVAL = Duration.ofSeconds(2);
  static final Duration HEARTBEAT_TIMEOUT = Duration.ofSeconds(8);

  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final int PARTITIONS = 4;
  private static final int LARGEST_RECORD = EmbeddedBroker.MAX_RECORD_BYTES;

  private final Path model;
  private final Path checkpoints;
  private final Path savepoints;
  private final FullDisk disk;
  private final GeneratedTokens tokens;
  private final Broker broker;
  private final FlinkCluster flink;
  private final OutcomeLedger outcomes;
  private final Map<String, PromptMix.Prompt> poison = new LinkedHashMap<>();
  private final Map<String, String> jobSettings;
  private String job = "";
  private int parallelism = 1;
  private int maxRunning = 4;
  private long tokensWithoutBroker;

  /**
   * @param jobSettings of the job, beside or in place of the cluster's own
   */
  ChaosCluster(Path folder, Path model, Map<String, String> jobSettings) throws IOException {
    this.model = model;
    this.jobSettings = Map.copyOf(jobSettings);
    Path state = Files.createDirectories(folder.resolve("state"));
    disk = new FullDisk(state);
    checkpoints = Files.createDirectories(state.resolve("checkpoints"));
    savepoints = Files.createDirectories(state.resolve("savepoints"));
    tokens = new GeneratedTokens(folder.resolve("tokens"));
    broker = new Broker(folder);
    broker.createTopic(OutcomeLedger.TOPICS.prompts(), PARTITIONS, LARGEST_RECORD / 2);
    broker.createTopic(OutcomeLedger.TOPICS.completions(), PARTITIONS, LARGEST_RECORD);
    broker.createTopic(OutcomeLedger.TOPICS.latency(), PARTITIONS, LARGEST_RECORD);
    broker.createTopic(OutcomeLedger.TOPICS.deadLetters(), PARTITIONS, LARGEST_RECORD);
    flink = new FlinkCluster(folder, flinkSettings());
    outcomes = new OutcomeLedger(broker.bootstrapServers());
  }

  private Map<String, String> flinkSettings() {
    Map<String, String> settings = new HashMap<>(tokens.settings());
    settings.put("heartbeat.interval", "1 s");
    settings.put("heartbeat.timeout", HEARTBEAT_TIMEOUT.toSeconds() + " s");
    settings.put("restart-strategy.type", "fixed-delay");
    settings.put("restart-strategy.fixed-delay.attempts", "1000");
    settings.put("restart-strategy.fixed-delay.delay", "500 ms");
    settings.put("execution.checkpointing.interval", CHECKPOINT_INTERVAL.toSeconds() + " s");
    settings.put("execution.checkpointing.storage", "filesystem");
    settings.put("execution.checkpointing.dir", disk.address(checkpoints));
    settings.put(
        "execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION");
    return settings;
  }

  Broker broker() {
    return broker;
  }

  FlinkCluster flink() {
    return flink;
  }

  FullDisk disk() {
    return disk;
  }

  GeneratedTokens tokens() {
    return tokens;
  }

  OutcomeLedger outcomes() {
    return outcomes;
  }

  String job() {
    return job;
  }

  int parallelism() {
    return parallelism;
  }

  /** The bad records sent so far, by key. */
  Map<String, PromptMix.Prompt> poison() {
    return poison;
  }

  void send(List<Workload.Prompt> prompts) {
    sendRecords(prompts.stream().map(Workload.Prompt::record).toList());
  }

  void send(ProducerRecord<byte[], byte[]> record) {
    sendRecords(List.of(record));
  }

  void sendPoison(Map<String, PromptMix.Prompt> flood) {
    poison.putAll(flood);
    sendRecords(
        flood.entrySet().stream()
            .map(each -> Workload.poisonRecord(each.getKey(), each.getValue()))
            .toList());
  }

  void startJob() {
    submit(Optional.empty());
  }

  /** Cancels the job and submits it again on its newest checkpoint. */
  void cancelAndRestore() {
    flink.rest().cancel(job);
    submit(Optional.of(disk.address(newestCheckpoint())));
  }

  /**
   * Loses the job manager, and with it the job, which is submitted again on its last checkpoint.
   */
  void loseJobManager() {
    flink.replaceJobManager();
    submit(Optional.of(disk.address(newestCheckpoint())));
  }

  /**
   * kill -9 of the only broker, and another one on its data. Meanwhile no checkpoint is completed,
   * so all that is generated may be generated again.
   */
  void withoutBroker(Runnable meanwhile) {
    long before = tokens.total();
    broker.kill();
    meanwhile.run();
    broker.start();
    tokensWithoutBroker += tokens.total() - before;
  }

  /** How many tokens were generated while there was no broker. */
  long tokensWithoutBroker() {
    return tokensWithoutBroker;
  }

  /** Cancels the job for good. */
  void cancelJob() {
    flink.rest().cancel(job);
  }

  /** Stops with a savepoint and goes on from it, with another parallelism and other batches. */
  void rescale() {
    String savepoint = flink.rest().stopWithSavepoint(job, disk.address(savepoints));
    parallelism = parallelism == 1 ? 2 : 1;
    maxRunning = maxRunning == 4 ? 6 : 4;
    submit(Optional.of(savepoint));
  }

  /** Stops with a savepoint, which commits everything that is finished. */
  void stopJob() {
    flink.rest().stopWithSavepoint(job, disk.address(savepoints));
  }

  /** Waits until tokens are generated, so that a fault hits in the middle. */
  void awaitGeneration() {
    long before = tokens.total();
    Waiting.until("tokens are generated", PATIENCE, () -> tokens.total() > before);
  }

  /**
   * Waits until outcomes become visible: a checkpoint is complete and its transactions are, too.
   */
  void awaitCommit() {
    int before = outcomes.count();
    Waiting.until("outcomes are committed", PATIENCE, () -> outcomes.count() > before);
  }

  /** Waits until the job has lost a task. */
  void awaitFailure() {
    Waiting.until("the job fails", PATIENCE, () -> !flink.runs(job));
  }

  /** Waits until the whole job runs and has completed another checkpoint. */
  void awaitRecovery() {
    Waiting.until("the job runs again", PATIENCE, () -> alive() && flink.runs(job));
    int completed = flink.rest().checkpoints(job).completed();
    Waiting.until(
        "another checkpoint is completed",
        PATIENCE,
        () -> alive() && flink.rest().checkpoints(job).completed() > completed);
  }

  /** Waits for so many outcomes, as long as there is progress. */
  void awaitOutcomes(int count) {
    while (outcomes.count() < count) {
      int before = outcomes.count();
      Waiting.until(
          "outcome " + (before + 1) + " of " + count,
          PATIENCE,
          () -> alive() && outcomes.count() > before);
    }
  }

  /** Waits until what happened before now is in a completed checkpoint. */
  void awaitCheckpointOfNow() {
    // Of two that are completed from now on, the second has begun after now.
    int enough = flink.rest().checkpoints(job).completed() + 2;
    Waiting.until(
        "checkpoint " + enough + " is completed",
        PATIENCE,
        () -> alive() && flink.rest().checkpoints(job).completed() >= enough);
  }

  private boolean alive() {
    flink.requireAlive();
    if (flink.rest().state(job).equals("FAILED")) {
      throw new AssertionError("the job has failed: " + flink.rest().exceptions(job));
    }
    return true;
  }

  private void submit(Optional<String> restoreFrom) {
    job = flink.run(parallelism, restoreFrom, settings());
  }

  private Map<String, String> settings() {
    Map<String, String> settings = new HashMap<>();
    settings.put("millrace.model.directory", model.toString());
    settings.put("millrace.bootstrap-servers", broker.bootstrapServers());
    settings.put("millrace.precision", "float32");
    settings.put("millrace.threads", "1");
    settings.put("millrace.cache-tokens", "2048");
    // Well above the restart of a broker, and not the two minutes that are Kafka's defaults.
    settings.put("millrace.kafka.request.timeout.ms", "4000");
    settings.put("millrace.kafka.delivery.timeout.ms", "15000");
    settings.put("millrace.kafka.max.block.ms", "15000");
    settings.put("millrace.max-running", "" + maxRunning);
    settings.putAll(jobSettings);
    return settings;
  }

  private Path newestCheckpoint() {
    try {
      return RetainedCheckpoint.newest(checkpoints).orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void sendRecords(List<ProducerRecord<byte[], byte[]>> records) {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", broker.bootstrapServers(), "max.request.size", LARGEST_RECORD);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      List<Future<?>> sent = new ArrayList<>();
      records.forEach(record -> sent.add(producer.send(record)));
      for (Future<?> acknowledged : sent) {
        acknowledged.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("the broker did not take a prompt", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    outcomes.close();
    flink.close();
    broker.close();
  }
}
