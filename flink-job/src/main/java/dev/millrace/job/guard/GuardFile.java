package dev.millrace.job.guard;

import static java.util.Objects.requireNonNull;

import dev.millrace.job.config.ConfigurationException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A guard file's text. It travels with the job's settings, so that the file is needed only where
 * the job is started.
 *
 * @param name for messages
 * @param text empty: there is no guard
 */
public record GuardFile(String name, String text) implements Serializable {
  public GuardFile {
    requireNonNull(name, "name");
    requireNonNull(text, "text");
  }

  public static GuardFile none() {
    return new GuardFile("", "");
  }

  /**
   * @throws ConfigurationException if there is no such file or it cannot be read
   */
  public static GuardFile read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new ConfigurationException("there is no guard file " + file);
    }
    try {
      return new GuardFile(file.getFileName().toString(), Files.readString(file));
    } catch (IOException e) {
      throw new ConfigurationException("the guard file " + file + " cannot be read: " + e, e);
    }
  }

  /**
   * Reads what it says.
   *
   * @throws GuardFileException naming every mistake
   */
  public Guards guards() {
    return name.isEmpty() ? Guards.none() : new GuardFileReader(this).read();
  }
}
