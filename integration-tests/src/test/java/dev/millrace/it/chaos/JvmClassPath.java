package dev.millrace.it.chaos;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Sorts this JVM's class path into what a Flink installation has: engine, schemas and natives in
 * {@code lib/} beside Flink itself, and the job jar with Kafka's connector above them.
 */
final class JvmClassPath {
  private static final String JOB_JAR = "flink-job-";
  private static final List<String> JOBS_LIBRARIES =
      List.of("flink-connector-kafka-", "flink-connector-base-", "kafka-clients-");
  private static final List<String> NOT_INSTALLED =
      List.of("kafka_", "kafka-", "junit-", "assertj-", "archunit-", "picocli-", "surefire-");

  private JvmClassPath() {}

  /** Everything, for a process that is a test's own. */
  static List<Path> all() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(Path::of)
        .toList();
  }

  /** Flink's {@code lib/}: the parent class loader of every job. */
  static List<Path> installation() {
    return all().stream()
        .filter(entry -> !isOneOf(entry, NOT_INSTALLED))
        .filter(entry -> !isOneOf(entry, JOBS_LIBRARIES) && !isOneOf(entry, List.of(JOB_JAR)))
        .toList();
  }

  /**
   * The jar to submit.
   *
   * @throws IllegalStateException if this JVM runs on class directories
   */
  static Path jobJar() {
    return all().stream()
        .filter(entry -> isOneOf(entry, List.of(JOB_JAR)) && Files.isRegularFile(entry))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "there is no " + JOB_JAR + "*.jar to submit: run this through ./mvnw verify"));
  }

  /** What the job jar needs beside it. */
  static List<Path> jobsLibraries() {
    return all().stream().filter(entry -> isOneOf(entry, JOBS_LIBRARIES)).toList();
  }

  static String join(List<Path> entries) {
    return entries.stream()
        .map(entry -> entry.toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static boolean isOneOf(Path entry, List<String> prefixes) {
    String file = entry.getFileName().toString();
    return prefixes.stream().anyMatch(file::startsWith);
  }
}
