/** Documents of any length: cut into parts, and the parts' summaries combined level by level. */
package dev.millrace.job.document;
