package dev.millrace.cli.local;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.StreamSupport;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.runtime.execution.ExecutionState;
import org.apache.flink.runtime.executiongraph.AccessExecutionGraph;
import org.apache.flink.runtime.minicluster.MiniCluster;

/** A job on a {@link LocalFlink}. Safe for use by many threads. */
public final class LocalJob implements AutoCloseable {
  private static final Duration POLL_INTERVAL = Duration.ofMillis(100);

  private final MiniCluster cluster;
  private final JobID id;

  LocalJob(MiniCluster cluster, JobID id) {
    this.cluster = cluster;
    this.id = id;
  }

  /**
   * Waits until every task runs, or is over already: operators are open, models loaded.
   *
   * @throws IOException if the job fails or the time is over
   */
  public void awaitRunning(Duration patience) throws IOException {
    Instant end = Instant.now().plus(patience);
    while (!allTasksRun() && !isFinished()) {
      if (Instant.now().isAfter(end)) {
        throw new IOException("the job was not running after " + patience.toSeconds() + " s");
      }
      pause();
    }
  }

  /**
   * Checks that the job has not ended.
   *
   * @throws IOException if it has, with the reason Flink gives
   */
  public void requireAlive() throws IOException {
    requireAlive(graph());
  }

  /**
   * Whether a job with an end has reached it.
   *
   * @throws IOException if it ended before, with the reason Flink gives
   */
  public boolean isFinished() throws IOException {
    AccessExecutionGraph graph = graph();
    if (graph.getState() == JobStatus.FINISHED) {
      return true;
    }
    requireAlive(graph);
    return false;
  }

  private static void requireAlive(AccessExecutionGraph graph) throws IOException {
    if (graph.getState().isTerminalState() || graph.getState() == JobStatus.FAILING) {
      throw new IOException(
          "the job is " + graph.getState() + reason(graph).map(text -> ": " + text).orElse(""));
    }
  }

  /** Stops the job at once; its last checkpoint stays. */
  @Override
  public void close() {
    if (graph().getState().isTerminalState()) {
      return;
    }
    cluster.cancelJob(id).join();
    CompletableFuture<?> ended = cluster.requestJobResult(id);
    ended.join();
  }

  private boolean allTasksRun() {
    AccessExecutionGraph graph = graph();
    // A job that is only being initialised has no tasks yet.
    return graph.getState() == JobStatus.RUNNING
        && StreamSupport.stream(graph.getAllExecutionVertices().spliterator(), false)
            .map(task -> task.getExecutionState())
            .allMatch(state -> state == ExecutionState.RUNNING || state == ExecutionState.FINISHED);
  }

  private AccessExecutionGraph graph() {
    try {
      return cluster.getExecutionGraph(id).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("Flink does not answer for job " + id, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while asking for job " + id, e);
    }
  }

  private static Optional<String> reason(AccessExecutionGraph graph) {
    return Optional.ofNullable(graph.getFailureInfo())
        .map(failure -> failure.getException().deserializeError(LocalJob.class.getClassLoader()))
        .map(LocalJob::rootMessage);
  }

  private static String rootMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return Optional.ofNullable(root.getMessage()).orElse(root.getClass().getSimpleName());
  }

  private static void pause() {
    try {
      Thread.sleep(POLL_INTERVAL.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for the job", e);
    }
  }
}
