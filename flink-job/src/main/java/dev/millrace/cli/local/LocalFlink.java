package dev.millrace.cli.local;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.api.common.JobSubmissionResult;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.MetricOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;

/**
 * A Flink cluster inside this JVM: one job manager, one task manager, the web UI on the loopback
 * interface. Safe for use by many threads.
 */
public final class LocalFlink implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** How old the metrics may be that the web UI and the console show. */
  private static final Duration METRICS_INTERVAL = Duration.ofSeconds(1);

  private final MiniCluster cluster;
  private final int slots;
  private final Path checkpoints;

  private LocalFlink(MiniCluster cluster, int slots, Path checkpoints) {
    this.cluster = cluster;
    this.slots = slots;
    this.checkpoints = checkpoints;
  }

  /**
   * Starts a cluster.
   *
   * @param slots subtasks of an operator that run at once
   * @param webPort port of the web UI; 0: a free one
   * @param checkpoints folder that jobs keep their checkpoints in
   * @throws IOException if the cluster cannot start, for example because the port is in use
   */
  public static LocalFlink start(int slots, int webPort, Path checkpoints) throws IOException {
    Configuration configuration = new Configuration();
    configuration.set(RestOptions.BIND_PORT, Integer.toString(webPort));
    configuration.set(RestOptions.BIND_ADDRESS, "127.0.0.1");
    configuration.set(RestOptions.ADDRESS, "127.0.0.1");
    configuration.set(TaskManagerOptions.NUM_TASK_SLOTS, slots);
    configuration.set(MetricOptions.METRIC_FETCHER_UPDATE_INTERVAL, METRICS_INTERVAL);
    MiniCluster cluster =
        new MiniCluster(
            new MiniClusterConfiguration.Builder()
                .setConfiguration(configuration)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(slots)
                .build());
    LocalFlink flink = new LocalFlink(cluster, slots, checkpoints);
    try {
      cluster.start();
    } catch (Exception e) {
      flink.close();
      throw new IOException("Flink did not start: " + e.getMessage(), e);
    }
    return flink;
  }

  /**
   * An environment to define a job in, set up for this cluster: checkpoints are kept when the job
   * ends, so that a later run can go on from them, and a failing job is not restarted.
   *
   * @param checkpointInterval also how long a finished outcome waits until it is committed
   * @param restoreFrom checkpoint that the job goes on from, if there is one
   */
  public StreamExecutionEnvironment environment(
      Duration checkpointInterval, Optional<Path> restoreFrom) {
    Configuration configuration = new Configuration();
    configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, checkpointInterval);
    configuration.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
    configuration.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, checkpoints.toUri().toString());
    configuration.set(
        CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
        ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    configuration.set(CoreOptions.DEFAULT_PARALLELISM, slots);
    restoreFrom.ifPresent(checkpoint -> restore(checkpoint, configuration));
    return StreamExecutionEnvironment.getExecutionEnvironment(configuration);
  }

  private static void restore(Path checkpoint, Configuration configuration) {
    configuration.set(StateRecoveryOptions.SAVEPOINT_PATH, checkpoint.toUri().toString());
    // The new job deletes it once it has one of its own, so that they do not pile up.
    configuration.set(StateRecoveryOptions.RESTORE_MODE, RecoveryClaimMode.CLAIM);
  }

  /**
   * Starts a job.
   *
   * @throws IOException if Flink refuses it
   */
  public LocalJob submit(StreamGraph graph) throws IOException {
    try {
      JobSubmissionResult submission =
          cluster.submitJob(graph).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      return new LocalJob(cluster, submission.getJobID());
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("Flink refused the job: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the job was submitted", e);
    }
  }

  /** Where a browser finds the web UI. */
  public URI webUi() {
    return cluster.getRestAddress().join();
  }

  /** Stops the cluster and every job on it. */
  @Override
  public void close() {
    cluster.closeAsync().join();
  }
}
