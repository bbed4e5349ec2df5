package dev.millrace.cli;

import dev.millrace.job.config.MillraceOptions;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.flink.configuration.Configuration;
import picocli.CommandLine.Option;

/** Who looks at requests and answers. */
final class GuardOption {
  @Option(
      names = "--guard",
      paramLabel = "FILE",
      description = "A guard file, for example deploy/guard/guard.yaml. Default: no guard.")
  private Optional<Path> file = Optional.empty();

  Optional<Path> file() {
    return file;
  }

  void set(Configuration configuration) {
    file.ifPresent(place -> configuration.set(MillraceOptions.GUARD_FILE, place.toString()));
  }
}
