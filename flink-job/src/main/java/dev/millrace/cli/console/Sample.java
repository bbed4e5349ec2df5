package dev.millrace.cli.console;

import java.util.List;

/**
 * One moment of the pipeline; null: not known then.
 *
 * @param at epoch milliseconds
 * @param in prompts sent per second
 * @param out completions per second
 * @param dead dead letters per second
 * @param tokens generated per second
 * @param inTopic prompts that the job has not read
 * @param waiting requests before the batch
 * @param running requests in the batch
 * @param cache share of the KV cache in use
 * @param batch share of the batch in use
 * @param firstToken percentiles 50, 95 and 99 of the time to first token, in milliseconds; empty if
 *     nothing came
 * @param perToken of the time per output token
 * @param total of the whole time
 */
record Sample(
    long at,
    double in,
    double out,
    double dead,
    Double tokens,
    Double inTopic,
    Double waiting,
    Double running,
    Double cache,
    Double batch,
    List<Double> firstToken,
    List<Double> perToken,
    List<Double> total) {}
