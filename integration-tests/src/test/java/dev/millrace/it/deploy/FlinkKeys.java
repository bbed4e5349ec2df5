package dev.millrace.it.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.job.config.JobSettings;
import dev.millrace.job.config.MillraceOptions;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;

/** Every setting that Flink's own classes declare, to find those that are misspelt. */
final class FlinkKeys {
  /** Named by their user, or declared outside of Flink's core. */
  private static final List<String> OPEN =
      List.of("metrics.reporter.", "external-resource.", "job.autoscaler.", "millrace.");

  private static final Set<String> KNOWN = known();

  private FlinkKeys() {}

  /** Holds settings to what Flink and Millrace know, and Millrace's to what they may be. */
  static void assertValid(String where, Map<String, String> settings) {
    assertThat(settings.keySet())
        .as(where)
        .allMatch(key -> KNOWN.contains(key) || OPEN.stream().anyMatch(key::startsWith));
    Configuration configuration = Configuration.fromMap(settings);
    if (settings.keySet().stream().anyMatch(key -> key.startsWith("millrace."))) {
      assertThat(JobSettings.from(configuration).kafka().bootstrapServers())
          .isEqualTo(configuration.get(MillraceOptions.BOOTSTRAP_SERVERS));
    }
  }

  private static Set<String> known() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> new File(entry).getName().matches("flink-.*\\.jar"))
        .flatMap(jar -> optionClasses(jar).stream())
        .flatMap(FlinkKeys::keys)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<String> optionClasses(String jar) {
    try (JarFile file = new JarFile(jar)) {
      return file.stream()
          .map(entry -> entry.getName())
          .filter(name -> name.matches("org/apache/flink/.*Options?\\.class"))
          .map(name -> name.replace('/', '.').replaceAll("\\.class$", ""))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Stream<String> keys(String className) {
    try {
      return Arrays.stream(Class.forName(className).getDeclaredFields())
          .filter(field -> Modifier.isStatic(field.getModifiers()))
          .filter(field -> field.getType() == ConfigOption.class)
          .map(FlinkKeys::key);
    } catch (ReflectiveOperationException | LinkageError e) {
      return Stream.empty(); // needs what is not on this class path
    }
  }

  private static String key(Field field) {
    try {
      field.setAccessible(true);
      return ((ConfigOption<?>) field.get(null)).key();
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }
}
