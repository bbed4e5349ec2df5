package dev.millrace.engine;

/**
 * Tokens of one request.
 *
 * @param promptTokens length of the prompt
 * @param cachedPromptTokens how many of them came from the prefix cache
 * @param completionTokens length of the answer, resumed tokens included
 * @param resumedTokens how many tokens of the answer an earlier attempt had generated
 */
public record Usage(
    int promptTokens, int cachedPromptTokens, int completionTokens, int resumedTokens) {}
