/**
 * What looks at requests before anything is generated and at answers before they leave: rules, and
 * a model that judges conversations. {@code docs/guard.md} says how it is used.
 */
package dev.millrace.job.guard;
