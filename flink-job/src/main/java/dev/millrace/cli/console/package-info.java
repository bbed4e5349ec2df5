/**
 * The live console: one page in the browser that shows a pipeline at work.
 *
 * <p>{@link dev.millrace.cli.console.TopicTail} and {@link dev.millrace.cli.console.FlinkMetrics}
 * watch, {@link dev.millrace.cli.console.PipelineView} remembers a bounded part of what they saw,
 * {@link dev.millrace.cli.console.ConsoleServer} shows it.
 */
package dev.millrace.cli.console;
