/** YAML that says where each value stands, so that every mistake can be named with its line. */
package dev.millrace.job.task.yaml;
