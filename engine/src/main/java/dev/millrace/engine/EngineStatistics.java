package dev.millrace.engine;

/**
 * What an engine has done since it was opened and what it is doing, as of its last step.
 *
 * @param waiting requests that wait for cache
 * @param running requests in the batch
 * @param maxRunning how many the batch takes at most
 * @param usedCacheTokens slots of the KV cache that the running ones own
 * @param cacheTokens what the cache holds
 * @param steps computed
 * @param stepNanos the time they took together
 * @param computedTokens put through the model, of prompts and of answers
 * @param generatedTokens sampled, whatever became of them; resumed ones not
 * @param cachedPromptTokens that the prefix cache saved computing
 */
public record EngineStatistics(
    int waiting,
    int running,
    int maxRunning,
    int usedCacheTokens,
    int cacheTokens,
    long steps,
    long stepNanos,
    long computedTokens,
    long generatedTokens,
    long cachedPromptTokens) {}
