package dev.millrace.job.guard;

/** What becomes of a record that the guard's model could not judge. */
public enum OnFailure {
  /** It becomes a dead letter. */
  BLOCK,
  /** It goes on, with a verdict that says so. */
  PASS
}
