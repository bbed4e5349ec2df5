package dev.millrace.engine;

/**
 * How much work an engine holds, in tokens of KV cache that its requests may need at most.
 *
 * @param requests submitted and not over yet
 * @param outstandingTokens what they may need together
 * @param cacheTokens what the cache holds
 */
public record EngineLoad(int requests, long outstandingTokens, int cacheTokens) {

  /**
   * Whether more work is welcome: enough to refill the cache is always queued, but no more than
   * that, so that work is left for others and a crash has little to repeat.
   */
  public boolean hasRoom() {
    return outstandingTokens < 2L * cacheTokens;
  }

  /**
   * Whether so much more than that is there that whoever did not look for room must wait. The gap
   * is for the few records that several readers take at the same time.
   */
  public boolean isOverfull() {
    return outstandingTokens >= 3L * cacheTokens;
  }
}
