/**
 * How records travel between operators and lie in checkpoints.
 *
 * <p>Every record starts with the version of the format it is written in ({@link
 * dev.millrace.job.serialization.RecordSerializer#VERSION}, one number for all of them), so that a
 * newer job reads an older one's savepoint. To change a format: raise the number, write the new
 * form, and keep reading the old ones; a test reads bytes that every released version wrote.
 */
package dev.millrace.job.serialization;
