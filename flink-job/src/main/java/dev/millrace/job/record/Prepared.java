package dev.millrace.job.record;

/** What becomes of a prompt before the engine: a task for it, or a refusal. */
public sealed interface Prepared permits GenerationTask, Refusal {}
