/**
 * Offline jobs over files: {@code millrace batch INPUT OUTPUT}.
 *
 * <pre>
 * rows -> work files (what is missing, in the engine's favourite order)
 *      -> Flink: FileSource -> the job's own topology -> FileSink
 *      -> outcome files -> answers beside their rows, errors, report
 * </pre>
 *
 * <p>A {@link dev.millrace.cli.batch.RowKey} joins a row and its outcome. Everything between the
 * first start and the finished output lies in one {@link dev.millrace.cli.batch.BatchFolder}, so
 * that a run that was stopped or killed goes on where it was.
 */
package dev.millrace.cli.batch;
