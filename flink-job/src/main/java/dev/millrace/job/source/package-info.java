/** Sources around other sources, which decide when records are handed on. */
package dev.millrace.job.source;
