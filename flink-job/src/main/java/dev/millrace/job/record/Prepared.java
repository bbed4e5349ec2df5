package dev.millrace.job.record;

/** What becomes of a prompt before the engine: one generation or several, or a refusal. */
public sealed interface Prepared permits GenerationTask, CompoundTask, Refusal {}
