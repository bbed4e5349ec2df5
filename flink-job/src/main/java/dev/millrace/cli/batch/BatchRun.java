package dev.millrace.cli.batch;

import static java.util.Objects.requireNonNull;

import dev.millrace.cli.local.LocalFlink;
import dev.millrace.cli.local.LocalJob;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of a batch: finds out what is missing, has the job do it, and merges the outcomes of all
 * runs into the outputs. {@link #close} from another thread stops it; what was done then is kept,
 * and the next run goes on there.
 */
public final class BatchRun implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(BatchRun.class);
  private static final int SLOTS = 2;
  private static final int ANY_PORT = 0;
  private static final Duration START_PATIENCE = Duration.ofMinutes(10);
  private static final Duration POLL = Duration.ofMillis(500);

  private final BatchSettings settings;
  private final BatchObserver observer;
  private final Inputs inputs;
  private final Outputs outputs;
  private final BatchFolder folder;
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  private BatchRun(
      BatchSettings settings,
      BatchObserver observer,
      Inputs inputs,
      Outputs outputs,
      BatchFolder folder) {
    this.settings = settings;
    this.observer = observer;
    this.inputs = inputs;
    this.outputs = outputs;
    this.folder = folder;
  }

  /**
   * Checks inputs, outputs and what earlier runs left, without changing any of it.
   *
   * @throws IOException if the batch cannot run as it is asked for; the message says why
   */
  public static BatchRun open(BatchSettings settings, BatchObserver observer) throws IOException {
    requireNonNull(observer, "observer");
    Inputs inputs = Inputs.of(settings.input());
    Optional<List<AnswerColumn>> columns = settings.requests().columns(settings.into());
    Outputs outputs =
        columns.isPresent()
            ? Outputs.ofRows(inputs, settings.output(), columns.get())
            : Outputs.ofResults(inputs, settings.output());
    BatchFolder folder =
        BatchFolder.open(outputs.batchFolder(), settings.fingerprint(), settings.restart());
    return new BatchRun(settings, observer, inputs, outputs, folder);
  }

  /**
   * Answers what has no answer yet, and writes the outputs.
   *
   * @throws IOException if an input cannot be read, the job fails or an output cannot be written;
   *     what was done until then is kept
   */
  public BatchStatistics run() throws IOException {
    Optional<Path> checkpoint = folder.checkpoint();
    Extent extent = checkpoint.isPresent() ? interrupted() : plan();
    if (extent.missing() > 0) {
      generate(checkpoint, extent);
    }
    folder.endRun();
    return merge();
  }

  public Outputs outputs() {
    return outputs;
  }

  @Override
  public void close() throws IOException {
    closeOpen();
    folder.close();
  }

  private Extent plan() throws IOException {
    Path draft = folder.draft();
    try (OutcomeIndex done = OutcomeIndex.read(folder.outcomeFiles());
        Refusals refusals = new Refusals(folder.outcomes())) {
      WorkPlan plan = new WorkPlan(settings.requests(), done, refusals, draft);
      plan.write(inputs);
      observer.planned(plan.rows(), plan.missing(), false);
      folder.begin(draft, plan.rows());
      return new Extent(plan.rows(), plan.missing());
    }
  }

  private Extent interrupted() throws IOException {
    Extent extent = new Extent(folder.rows(), WorkPlan.count(folder.work()));
    observer.planned(extent.rows(), extent.missing(), true);
    return extent;
  }

  private void generate(Optional<Path> checkpoint, Extent extent) throws IOException {
    long before = extent.rows() - extent.missing();
    LocalFlink flink = open(LocalFlink.start(SLOTS, ANY_PORT, folder.checkpoints()));
    try {
      LocalJob job = open(flink.submit(BatchJob.define(settings, folder, flink, checkpoint)));
      job.awaitRunning(START_PATIENCE);
      observer.running();
      // A job that runs has cut its files to what its checkpoint knows of.
      OutcomeTail tail = OutcomeTail.of(folder.outcomes(), folder.begun());
      long tokensBefore = tail.tokens();
      observer.progress(before + tail.outcomes(), extent.rows(), 0);
      while (!job.isFinished()) {
        pause();
        tail.poll();
        observer.progress(before + tail.outcomes(), extent.rows(), tail.tokens() - tokensBefore);
      }
    } finally {
      closeOpen();
    }
  }

  private BatchStatistics merge() throws IOException {
    BatchStatistics statistics = new BatchStatistics();
    try (OutcomeIndex outcomes = OutcomeIndex.read(folder.outcomeFiles(), statistics::seen)) {
      new Merge(inputs, outputs, settings.requests(), outcomes, statistics).write();
    }
    BatchReport.write(
        outputs.report(), settings.input() + " with " + settings.job().model().name(), statistics);
    return statistics;
  }

  private synchronized <T extends AutoCloseable> T open(T part) {
    open.push(part);
    return part;
  }

  /** Job before cluster. */
  private synchronized void closeOpen() {
    while (!open.isEmpty()) {
      AutoCloseable part = open.pop();
      try {
        part.close();
      } catch (Exception e) {
        LOG.warn("cannot close {}", part, e); // the rest must be closed all the same
      }
    }
  }

  /**
   * @param rows of all inputs
   * @param missing those that are work for the run
   */
  private record Extent(long rows, long missing) {}

  private static void pause() throws IOException {
    try {
      Thread.sleep(POLL.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while the batch ran");
    }
  }
}
