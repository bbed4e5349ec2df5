/**
 * The contract of Millrace's topics: the records (generated from {@code src/main/avro}) and how
 * they are read and written.
 *
 * <p>To change a record: edit its schema in {@code src/main/avro}, giving every new field a
 * default; copy the result to {@code history/NAME.v(N+1).avsc}; never touch the versions already
 * there. Tests hold that the newest version is the current schema and that it reads every older
 * one.
 */
package dev.millrace.schema;
