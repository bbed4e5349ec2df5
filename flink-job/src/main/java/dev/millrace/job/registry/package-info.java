/**
 * A schema registry, by Confluent's protocol: which schema a record was written with, and which ids
 * the schemas of what is written have.
 */
package dev.millrace.job.registry;
