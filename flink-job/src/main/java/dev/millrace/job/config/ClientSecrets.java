package dev.millrace.job.config;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.provider.DirectoryConfigProvider;
import org.apache.kafka.common.config.provider.EnvVarConfigProvider;
import org.apache.kafka.common.config.provider.FileConfigProvider;

/**
 * Where the secrets of Kafka's clients and of the schema registry's come from: files and
 * environment variables that are allowed, named in a setting as {@code ${file:PATH:KEY}}, {@code
 * ${directory:PATH:FILE}} or {@code ${env:NAME}}. The clients read them where they are made, so no
 * secret is in a configuration, a job graph, a log or the web UI.
 *
 * @param directories comma separated; files elsewhere may not be named
 * @param variables a pattern of the environment variables that may be named
 */
record ClientSecrets(String directories, String variables) {
  private static final String PROVIDERS = "config.providers";

  /** Names of properties whose value is a secret, whatever it is. */
  private static final Pattern SECRET_KEY =
      Pattern.compile(
          "(?i)ssl\\.(keystore|key)\\.password|ssl\\.keystore\\.key|.*client\\.secret|.*passphrase"
              + "|basic\\.auth\\.user\\.info|bearer\\.auth\\.token");

  /** A password within a login module's options that stands there in plain. */
  private static final Pattern SECRET_OPTION =
      Pattern.compile("(?i)\\w*(password|secret)\\s*=\\s*['\"]?(?!\\s*['\"]?\\$\\{)[^'\"\\s;]");

  ClientSecrets {
    requireNonNull(directories, "directories");
    requireNonNull(variables, "variables");
  }

  /**
   * The properties with the providers that they need.
   *
   * @param prefix what stands before their names in the configuration
   * @throws ConfigurationException if a secret stands there in plain, or a place is named that is
   *     not allowed to be
   */
  Map<String, String> provideFor(String prefix, Map<String, String> properties) {
    properties.forEach((key, value) -> refusePlain(prefix, key, value));
    if (properties.containsKey(PROVIDERS)) {
      return properties;
    }
    Map<String, String> all = new HashMap<>(properties);
    List<String> providers = new ArrayList<>();
    if (isNamed("file", properties)) {
      providers.add("file");
      put(all, "file", FileConfigProvider.class, "allowed.paths", directories());
      requirePlace(directories, MillraceOptions.SECRETS_DIRECTORIES.key(), prefix, "file");
    }
    if (isNamed("directory", properties)) {
      providers.add("directory");
      put(all, "directory", DirectoryConfigProvider.class, "allowed.paths", directories());
      requirePlace(directories, MillraceOptions.SECRETS_DIRECTORIES.key(), prefix, "directory");
    }
    if (isNamed("env", properties)) {
      providers.add("env");
      put(all, "env", EnvVarConfigProvider.class, "allowlist.pattern", variables());
      requirePlace(variables, MillraceOptions.SECRETS_VARIABLES.key(), prefix, "env");
    }
    if (!providers.isEmpty()) {
      all.put(PROVIDERS, String.join(",", providers));
    }
    return all;
  }

  private static boolean isNamed(String provider, Map<String, String> properties) {
    return properties.values().stream().anyMatch(value -> value.contains("${" + provider + ":"));
  }

  private static void put(
      Map<String, String> all, String name, Class<?> type, String parameter, String value) {
    String prefix = PROVIDERS + "." + name + ".";
    all.put(prefix + "class", type.getName());
    all.put(prefix + "param." + parameter, value);
  }

  private static void requirePlace(String allowed, String option, String prefix, String provider) {
    if (allowed.isBlank()) {
      throw new ConfigurationException(
          "%s is not set, but a %s* setting names a secret as ${%s:...}: say there which may be read"
              .formatted(option, prefix, provider));
    }
  }

  private static void refusePlain(String prefix, String key, String value) {
    if (SECRET_OPTION.matcher(value).find()
        || (SECRET_KEY.matcher(key).matches() && !value.contains("${"))) {
      throw new ConfigurationException(
          "%s%s holds a secret in plain, where configurations, logs and the web UI show it: write ${file:PATH:KEY} or ${env:NAME} in its place, see docs/security.md"
              .formatted(prefix, key));
    }
  }
}
