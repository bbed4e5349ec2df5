package dev.millrace.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import picocli.CommandLine.Option;

/** The option that changes what a job's configuration says. */
final class SettingsOption {
  @Option(
      names = "-D",
      paramLabel = "KEY=VALUE",
      description = {
        "A setting of the job, as docs/configuration.md has them, such as",
        "-Dmillrace.device=cuda or -Dmillrace.adapters-directory=DIR."
      })
  private Map<String, String> settings = new LinkedHashMap<>();

  /** What was given, and nothing else. */
  Configuration configuration() {
    return Configuration.fromMap(settings);
  }
}
