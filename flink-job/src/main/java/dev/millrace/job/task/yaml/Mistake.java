package dev.millrace.job.task.yaml;

import static java.util.Objects.requireNonNull;

/**
 * One thing that is wrong with a file.
 *
 * @param line counted from 1
 * @param path the keys that lead there, joined by dots; empty for the whole file
 * @param message what is wrong and the way out
 */
public record Mistake(String file, int line, String path, String message) {
  public Mistake {
    requireNonNull(file, "file");
    requireNonNull(path, "path");
    requireNonNull(message, "message");
  }

  @Override
  public String toString() {
    return "%s line %d: %s%s".formatted(file, line, path.isEmpty() ? "" : path + ": ", message);
  }
}
