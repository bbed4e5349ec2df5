package dev.millrace.job.config;

import java.util.Comparator;
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
          && !key.startsWith(MillraceOptions.TENANT_SHARES_PREFIX)
          && !known.contains(key)) {
        unknown.add("%s (did you mean %s?)".formatted(key, nearest(key, known)));
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

  private static String nearest(String key, List<String> known) {
    return known.stream().min(Comparator.comparingInt(name -> distance(key, name))).orElseThrow();
  }

  /** Levenshtein's edit distance, one row at a time. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substitution = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substitution, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
