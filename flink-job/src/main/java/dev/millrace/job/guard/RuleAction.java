package dev.millrace.job.guard;

/** What happens where a rule finds something. */
public enum RuleAction {
  /** The record becomes a dead letter. */
  BLOCK,
  /** What was found is masked, and the record goes on. */
  REDACT,
  /** The record goes on as it is; its result says what was found. */
  FLAG
}
