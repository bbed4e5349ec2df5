/**
 * Prompts that take several generations: the parts of a document and what combines them, or the
 * votes for a label. All of it is confined to the thread that uses it.
 */
package dev.millrace.job.compound;
