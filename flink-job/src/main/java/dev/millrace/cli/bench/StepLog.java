package dev.millrace.cli.bench;

import static java.util.Objects.requireNonNull;

import dev.millrace.engine.EngineListener;
import dev.millrace.engine.StepReport;
import java.util.ArrayList;
import java.util.List;

/** Keeps what an engine reports of its steps. Safe for use by many threads. */
final class StepLog implements EngineListener {
  private final EngineListener progress;
  private List<StepReport> steps = new ArrayList<>();

  /**
   * @param progress told how far loading is
   */
  StepLog(EngineListener progress) {
    this.progress = requireNonNull(progress, "progress");
  }

  @Override
  public void loaded(long bytes, long total) {
    progress.loaded(bytes, total);
  }

  @Override
  public synchronized void stepped(StepReport step) {
    steps.add(step);
  }

  /** What has been reported since the last call. */
  synchronized List<StepReport> take() {
    List<StepReport> taken = steps;
    steps = new ArrayList<>();
    return taken;
  }
}
