package dev.millrace.cli;

import dev.millrace.job.config.ProgramArguments;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import picocli.CommandLine.Option;

/** The options that take settings as the job does. */
final class SettingsOption {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "The job's settings, a YAML file: see docs/configuration.md.")
  private List<Path> files = new ArrayList<>();

  @Option(
      names = "-D",
      paramLabel = "KEY=VALUE",
      description = {
        "One of these settings, such as -Dmillrace.device=cuda or",
        "-Dmillrace.registry.url=http://registry:8081; it wins over the file."
      })
  private Map<String, String> settings = new LinkedHashMap<>();

  /** What was given, and nothing else. */
  Configuration configuration() {
    List<String> arguments = new ArrayList<>();
    for (Path file : files) {
      arguments.add("--config");
      arguments.add(file.toString());
    }
    settings.forEach((key, value) -> arguments.add("-D" + key + "=" + value));
    return ProgramArguments.parse(arguments.toArray(String[]::new));
  }
}
