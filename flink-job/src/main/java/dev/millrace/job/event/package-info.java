/** Events of other people's topics: read for a task's input, and given the fields it found. */
package dev.millrace.job.event;
