package dev.millrace.cli.bench;

import java.io.PrintWriter;

/** What a benchmark has measured. */
public interface BenchReport {
  /** For people. */
  void print(PrintWriter out);

  /** For machines: one JSON object. */
  String toJson();
}
