package dev.millrace.cli.batch;

/** Told how a batch goes on. */
public interface BatchObserver {
  /** Does not look. */
  BatchObserver NONE =
      new BatchObserver() {
        @Override
        public void planned(long rows, long missing, boolean resumes) {}

        @Override
        public void running() {}

        @Override
        public void progress(long done, long rows, long tokens) {}
      };

  /**
   * The rows were counted.
   *
   * @param rows of all inputs
   * @param missing those that are still to be answered
   * @param resumes whether an interrupted run goes on
   */
  void planned(long rows, long missing, boolean resumes);

  /** The job runs, its model loaded. */
  void running();

  /**
   * Some rows were answered; the first time it is told what earlier runs have done.
   *
   * @param done rows with an outcome, those of earlier runs among them
   * @param rows of all inputs
   * @param tokens completion tokens of this run
   */
  void progress(long done, long rows, long tokens);
}
