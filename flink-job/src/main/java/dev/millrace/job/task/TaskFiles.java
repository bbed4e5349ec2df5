package dev.millrace.job.task;

import dev.millrace.job.config.ConfigurationException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The text of task files and of the schemas they refer to. It travels with the job's settings, so
 * that the files are needed only where the job is started.
 */
public final class TaskFiles implements Serializable {
  private static final long serialVersionUID = 1L;

  private final LinkedHashMap<String, String> taskFiles = new LinkedHashMap<>();
  private final LinkedHashMap<String, String> references = new LinkedHashMap<>();

  private TaskFiles() {}

  public static TaskFiles none() {
    return new TaskFiles();
  }

  /** One file that has no references, for tests and tools. */
  public static TaskFiles of(String name, String yaml) {
    TaskFiles files = new TaskFiles();
    files.taskFiles.put(name, yaml);
    return files;
  }

  /**
   * Reads a file, or every {@code .yaml} and {@code .yml} file of a folder, with the {@code .avsc}
   * files beside them.
   *
   * @throws ConfigurationException if there is no such file or it cannot be read
   */
  public static TaskFiles read(Path place) {
    TaskFiles files = new TaskFiles();
    if (!Files.exists(place)) {
      throw new ConfigurationException("there is no task file " + place);
    }
    boolean folder = Files.isDirectory(place);
    for (Path file : folder ? list(place, ".yaml", ".yml") : List.of(place)) {
      files.taskFiles.put(name(file), text(file));
    }
    Path beside = folder ? place : place.toAbsolutePath().getParent();
    for (Path schema : list(beside, ".avsc")) {
      files.references.put(name(schema), text(schema));
    }
    if (files.taskFiles.isEmpty()) {
      throw new ConfigurationException("the folder " + place + " has no .yaml file with tasks");
    }
    return files;
  }

  /**
   * Reads the definitions.
   *
   * @throws TaskFileException naming every mistake
   */
  public Tasks tasks() {
    return new TaskFileReader(this).read();
  }

  Map<String, String> taskFiles() {
    return taskFiles;
  }

  /** The text of a file beside the task files. */
  Optional<String> reference(String name) {
    return Optional.ofNullable(references.get(name));
  }

  private static List<Path> list(Path folder, String... endings) {
    List<Path> found = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      files.filter(Files::isRegularFile).sorted().forEach(found::add);
    } catch (IOException e) {
      throw new ConfigurationException("the folder " + folder + " cannot be read: " + e, e);
    }
    return found.stream()
        .filter(file -> Stream.of(endings).anyMatch(ending -> name(file).endsWith(ending)))
        .toList();
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new ConfigurationException("the file " + file + " cannot be read: " + e, e);
    }
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }
}
