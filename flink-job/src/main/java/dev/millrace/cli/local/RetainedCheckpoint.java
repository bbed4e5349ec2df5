package dev.millrace.cli.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/** A job's checkpoints as Flink leaves them: {@code FOLDER/JOB-ID/chk-N/_metadata}. */
public final class RetainedCheckpoint {
  private static final int DEPTH = 3;

  private RetainedCheckpoint() {}

  /** The newest complete checkpoint of any job in a folder; empty if there is none. */
  public static Optional<Path> newest(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return Optional.empty();
    }
    try (Stream<Path> files = Files.walk(folder, DEPTH)) {
      // Flink writes _metadata last: a checkpoint without it was never completed.
      return files
          .filter(file -> file.getFileName().toString().equals("_metadata"))
          .max(Comparator.comparing(RetainedCheckpoint::written))
          .map(Path::getParent);
    }
  }

  private static FileTime written(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      return FileTime.fromMillis(0);
    }
  }
}
