package dev.millrace.job.config;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.description.HtmlFormatter;

/** Finds the keys that look like Millrace's and are not: a misspelt setting must not be ignored. */
final class UnknownKeys {
  private UnknownKeys() {}

  /**
   * @throws ConfigurationException naming every unknown key with the one that was probably meant
   */
  static void refuse(Set<String> keys) {
    List<String> known = MillraceOptions.all().stream().map(ConfigOption::key).toList();
    Set<String> unknown = new TreeSet<>();
    for (String key : keys) {
      if (key.startsWith(MillraceOptions.PREFIX)
          && !key.startsWith(MillraceOptions.KAFKA_PREFIX)
          && !key.startsWith(MillraceOptions.REGISTRY_CLIENT_PREFIX)
          && !key.startsWith(MillraceOptions.ADAPTERS_SHA256_PREFIX)
          && !key.startsWith(MillraceOptions.TENANT_SHARES_PREFIX)
          && !known.contains(key)) {
        unknown.add("%s (did you mean %s?)".formatted(key, Spelling.nearest(key, known)));
      }
    }
    if (!unknown.isEmpty()) {
      throw new ConfigurationException(
          "unknown setting "
              + String.join(", ", unknown)
              + ": see docs/configuration.md for all there are");
    }
  }

  /** An option's description as plain text. */
  static String description(ConfigOption<?> option) {
    return new HtmlFormatter().format(option.description());
  }
}
