package dev.millrace.engine;

/** Why a sequence stopped growing. */
public enum FinishReason {
  /** A stop token or a stop string. */
  STOP,
  /** {@code maxTokens} were generated; the answer may be cut. */
  LENGTH,
  /** The deadline passed while it was running; what there is so far is returned. */
  DEADLINE,
  /** It was cancelled; what there is so far is returned. */
  CANCELLED
}
