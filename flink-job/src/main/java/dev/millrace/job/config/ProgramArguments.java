package dev.millrace.job.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.YamlParserUtils;

/** Reads the job's own arguments: {@code -Dkey=value} and {@code --config FILE}, a YAML file. */
public final class ProgramArguments {
  private ProgramArguments() {}

  /**
   * Reads the arguments; {@code -D} wins over the file, wherever it stands.
   *
   * @throws ConfigurationException if an argument is none of these or the file cannot be read
   */
  public static Configuration parse(String... arguments) {
    Configuration fromFiles = new Configuration();
    Configuration direct = new Configuration();
    for (int i = 0; i < arguments.length; i++) {
      String argument = arguments[i];
      int equals = argument.indexOf('=');
      if (argument.startsWith("-D") && equals > 2) {
        direct.setString(argument.substring(2, equals), argument.substring(equals + 1));
      } else if (argument.equals("--config") && i + 1 < arguments.length) {
        i++;
        fromFiles.addAll(readFile(Path.of(arguments[i])));
      } else {
        throw new ConfigurationException(
            "argument '" + argument + "' is not understood: give -Dkey=value or --config FILE");
      }
    }
    fromFiles.addAll(direct);
    return fromFiles;
  }

  private static Configuration readFile(Path file) {
    if (!Files.isReadable(file)) {
      throw new ConfigurationException("--config " + file + " cannot be read");
    }
    Configuration configuration = new Configuration();
    try {
      flatten("", YamlParserUtils.loadYamlFile(file.toFile()), configuration);
    } catch (Exception e) {
      throw new ConfigurationException("--config " + file + ": " + e.getMessage(), e);
    }
    return configuration;
  }

  private static void flatten(String prefix, Map<?, ?> values, Configuration target) {
    values.forEach(
        (key, value) -> {
          if (value instanceof Map<?, ?> nested) {
            flatten(prefix + key + ".", nested, target);
          } else if (value != null) {
            target.setString(prefix + key, value.toString());
          }
        });
  }
}
