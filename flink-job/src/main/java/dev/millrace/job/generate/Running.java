package dev.millrace.job.generate;

/** A prompt that has no outcome yet, whether it takes one generation or many. */
sealed interface Running permits RunningGeneration, RunningCompound {
  /** Stops whatever is being generated for it. */
  void cancel();
}
