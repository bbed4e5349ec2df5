package dev.millrace.job.config;

import java.util.Map;
import org.apache.flink.configuration.Configuration;

/** Settings that tests share. */
public final class TestSettings {
  private TestSettings() {}

  /** What must be set, and every default. */
  public static JobSettings defaults() {
    return JobSettings.from(minimal());
  }

  static Configuration minimal() {
    return Configuration.fromMap(
        Map.of(
            "millrace.model.directory", "/models/llama",
            "millrace.bootstrap-servers", "localhost:9092"));
  }
}
