package dev.millrace.job.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.util.TimeUtils;

/**
 * Writes {@code docs/configuration.md} from {@link MillraceOptions}. A test holds the page current;
 * run {@link #main} to write it again.
 */
public final class ConfigurationPage {
  private static final String HEAD =
      """
      # Configuration

      <!-- Generated from MillraceOptions by ConfigurationPage: change the options, not this page. -->

      Settings go into Flink's configuration file, into a YAML file given with `--config FILE`, or onto
      the command line as `-Dkey=value`; the later of these wins. An unknown `millrace.` key or an
      impossible value stops the start and is named. Flink's own settings stand beside them; if
      `execution.checkpointing.interval` is not set, Millrace takes a checkpoint every 10 seconds.

      | key | default | meaning |
      |---|---|---|
      """;

  private ConfigurationPage() {}

  /** The page as Markdown. */
  public static String render() {
    StringBuilder page = new StringBuilder(HEAD);
    for (ConfigOption<?> option : MillraceOptions.all()) {
      page.append(
          "| `%s` | %s | %s |%n"
              .formatted(option.key(), defaultValue(option), UnknownKeys.description(option)));
    }
    return page.toString();
  }

  /** Writes the page to the file that is the only argument. */
  public static void main(String[] arguments) throws IOException {
    Files.writeString(Path.of(arguments[0]), render());
  }

  private static String defaultValue(ConfigOption<?> option) {
    if (!option.hasDefaultValue() || option.defaultValue() instanceof Map) {
      return "";
    }
    Object value = option.defaultValue();
    return "`"
        + (value instanceof Duration duration ? TimeUtils.formatWithHighestUnit(duration) : value)
        + "`";
  }
}
