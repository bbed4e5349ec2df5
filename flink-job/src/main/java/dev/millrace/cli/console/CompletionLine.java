package dev.millrace.cli.console;

import dev.millrace.schema.GenerationResult;

/**
 * A completion as the page shows it.
 *
 * @param at when the console saw it, in epoch milliseconds; null: it was there before
 */
record CompletionLine(
    Long at,
    String id,
    String text,
    String finish,
    int promptTokens,
    int cachedTokens,
    int tokens,
    String model,
    String task,
    boolean reused) {
  private static final int TEXT = 1_200;
  private static final int NAME = 120;

  static CompletionLine of(GenerationResult result, Long at) {
    return new CompletionLine(
        at,
        Excerpt.of(result.getId(), NAME),
        Excerpt.of(result.getText(), TEXT),
        result.getFinishReason().name(),
        result.getPromptTokens(),
        result.getCachedPromptTokens(),
        result.getCompletionTokens(),
        Excerpt.of(result.getProvenance().getModel(), NAME),
        result.getTask().map(task -> Excerpt.of(task, NAME)).orElse(null),
        result.getReused());
  }
}
